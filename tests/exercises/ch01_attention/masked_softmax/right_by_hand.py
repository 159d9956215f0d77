"""exp, sum and quotient by hand, with the largest visible score taken off first."""

import torch


def masked_softmax(scores, mask):
    top = scores.detach().masked_fill(~mask, -torch.inf).amax(dim=-1, keepdim=True)
    top = torch.where(torch.isinf(top), torch.zeros_like(top), top)
    shifted = torch.where(mask, scores - top, torch.zeros_like(scores))
    shares = shifted.exp() * mask
    total = shares.sum(dim=-1, keepdim=True)
    return shares / torch.where(total > 0, total, torch.ones_like(total))
