"""The function changed its argument `scores` in place"""

import torch


def masked_softmax(scores, mask):
    alive = mask.any(dim=-1, keepdim=True)
    scores.masked_fill_(~mask & alive, float("-inf"))
    return torch.softmax(scores, dim=-1) * alive
