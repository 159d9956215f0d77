"""a large negative number is added to the scores of a row that may see nothing"""

import torch


def masked_softmax(scores, mask):
    hidden = torch.where(mask, 0.0, float("-inf"))
    hidden = hidden.masked_fill(~mask.any(dim=-1, keepdim=True), -1e3)
    return torch.softmax(scores + hidden, dim=-1)
