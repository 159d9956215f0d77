"""masked_fill stops the NaN on its way back, so covering it up in the value is enough."""

import torch


def masked_softmax(scores, mask):
    return torch.softmax(scores.masked_fill(~mask, float("-inf")), dim=-1).nan_to_num(0.0)
