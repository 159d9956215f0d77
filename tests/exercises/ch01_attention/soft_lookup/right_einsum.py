"""With einsum, mask as an addend."""

import math

import torch


def soft_lookup(query, key, value, mask=None):
    scores = torch.einsum("...nd,...md->...nm", query, key) / math.sqrt(key.shape[-1])
    if mask is not None:
        dead = ~mask.any(-1, keepdim=True)
        scores = scores + torch.zeros(mask.shape).masked_fill(~(mask | dead), float("-inf"))
        weights = torch.softmax(scores, -1).masked_fill(dead, 0.0)
    else:
        weights = torch.softmax(scores, -1)
    return torch.einsum("...nm,...mv->...nv", weights, value), weights
