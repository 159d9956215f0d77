"""the softmax runs over the first axis (dim=0)"""

import math

import torch


def soft_lookup(query, key, value, mask=None):
    alive = torch.tensor(True) if mask is None else mask.any(dim=-1, keepdim=True)
    mask = torch.tensor(True) if mask is None else mask
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    weights = (
        torch.softmax(scores.masked_fill(~mask & alive, -torch.inf), dim=0 if scores.dim() > 2 else -1)
        * alive
    )
    return weights @ value, weights
