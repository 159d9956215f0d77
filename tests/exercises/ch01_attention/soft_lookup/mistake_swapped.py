"""The two parts come in the wrong order"""

import math

import torch


def soft_lookup(query, key, value, mask=None):
    alive = torch.tensor(True) if mask is None else mask.any(dim=-1, keepdim=True)
    mask = torch.tensor(True) if mask is None else mask
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    weights = torch.softmax(scores.masked_fill(~mask & alive, -torch.inf), dim=-1) * alive
    return weights, weights @ value
