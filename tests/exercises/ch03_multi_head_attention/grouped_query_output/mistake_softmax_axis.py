"""the softmax runs over the queries (dim=-2) instead of the keys (dim=-1)"""

import math

import torch


def grouped_query_output(query, key, value):
    share = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(share, dim=1), value.repeat_interleave(share, dim=1)
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    return torch.softmax(scores, dim=-2) @ value
