"""With einsum over the groups."""

import math

import torch


def grouped_query_output(query, key, value):
    batch, heads, places, width = query.shape
    groups = key.shape[1]
    grouped = query.reshape(batch, groups, heads // groups, places, width)
    scores = torch.einsum("bgsnd,bgmd->bgsnm", grouped / math.sqrt(width), key)
    return torch.einsum("bgsnm,bgmd->bgsnd", scores.softmax(-1), value).reshape(query.shape)
