"""exp was taken of the scores as they are"""

import torch


def masked_softmax(scores, mask):
    shares = scores.exp() * mask
    total = shares.sum(dim=-1, keepdim=True)
    return shares / torch.where(total > 0, total, 1.0)
