"""dtype must be float16, as the input has it, got float32"""

import torch


def masked_softmax(scores, mask):
    alive = mask.any(dim=-1, keepdim=True)
    wide = scores if scores.dtype == torch.float64 else scores.float()
    return torch.softmax(wide.masked_fill(~mask & alive, float("-inf")), dim=-1) * alive
