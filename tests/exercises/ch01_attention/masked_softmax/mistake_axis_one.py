"""the softmax runs over axis 1 (dim=1)"""

import torch


def masked_softmax(scores, mask):
    alive = mask.any(dim=-1, keepdim=True)
    return torch.softmax(scores.masked_fill(~mask & alive, float("-inf")), dim=1) * alive
