"""torch.where before and after."""

import torch


def masked_softmax(scores, mask):
    mask = mask.expand(scores.shape)
    alive = mask.any(-1, keepdim=True)
    filled = torch.where(mask, scores, -torch.inf)
    safe = torch.where(alive, filled, torch.zeros_like(filled))
    return torch.where(alive, safe.softmax(-1), torch.zeros_like(safe))
