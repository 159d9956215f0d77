"""A mask may have fewer axes than the scores"""

import torch


def masked_softmax(scores, mask):
    filled = scores.clone()
    filled[~mask] = float("-inf")
    return torch.softmax(filled, dim=-1).masked_fill(~mask.any(dim=-1, keepdim=True), 0.0)
