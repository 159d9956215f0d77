"""all query heads use the first head of keys and values"""

import math

import torch


def grouped_query_output(query, key, value):
    key, value = key[:, :1], value[:, :1]
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    return torch.softmax(scores, dim=-1) @ value
