"""the query heads of a group are averaged: each of them has an output of its own"""

import math

import torch


def grouped_query_output(query, key, value):
    share = query.shape[1] // key.shape[1]
    query = query.unflatten(1, (key.shape[1], share)).mean(dim=2)
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    return torch.softmax(scores, dim=-1) @ value
