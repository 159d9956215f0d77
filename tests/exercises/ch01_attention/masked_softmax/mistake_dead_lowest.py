"""hidden keys get a large negative number: a visible key can score lower still"""

import torch


def masked_softmax(scores, mask):
    weights = torch.softmax(scores.masked_fill(~mask, -1e9), dim=-1)
    return weights * mask.any(dim=-1, keepdim=True)
