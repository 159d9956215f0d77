"""the mask hides a key from itself too"""

import math

import torch


def soft_lookup(query, key, value, mask=None):
    alive = torch.tensor(True) if mask is None else mask.any(dim=-1, keepdim=True)
    mask = torch.tensor(True) if mask is None else mask
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    if mask.dim() == 2 and mask.shape[0] == mask.shape[1]:
        mask = mask.tril(-1)
        alive = mask.any(dim=-1, keepdim=True)
    weights = torch.softmax(scores.masked_fill(~mask & alive, -torch.inf), dim=-1) * alive
    return weights @ value, weights
