"""Batch axes folded into one, as bmm wants them."""

import math

import torch


def soft_lookup(query, key, value, mask=None):
    batch = query.shape[:-2]
    q, k, v = (x.reshape(-1, *x.shape[-2:]) for x in (query, key, value))
    scores = torch.bmm(q / math.sqrt(q.shape[-1]), k.permute(0, 2, 1)).view(*batch, q.shape[1], k.shape[1])
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.expand_as(scores)
    none = ~mask.any(-1, keepdim=True)
    scores[~(mask | none)] = float("-inf")
    weights = scores.softmax(-1).masked_fill(none, 0)
    return torch.bmm(weights.flatten(0, -3) if batch else weights[None], v).view(
        *batch, q.shape[1], -1
    ), weights
