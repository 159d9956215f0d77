"""all query heads use the mean of the keys and values"""

import math

import torch


def grouped_query_output(query, key, value):
    key, value = key.mean(1, keepdim=True), value.mean(1, keepdim=True)
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    return torch.softmax(scores, dim=-1) @ value
