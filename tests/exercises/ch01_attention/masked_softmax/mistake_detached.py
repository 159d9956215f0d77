"""no gradient flows back from the result to the arguments"""

import torch


def masked_softmax(scores, mask):
    alive = mask.any(dim=-1, keepdim=True)
    filled = scores.detach().masked_fill(~mask & alive, float("-inf"))
    return torch.softmax(filled, dim=-1) * alive
