"""a row that may see nothing is filled with one large negative number"""

import torch


def masked_softmax(scores, mask):
    return torch.softmax(scores.masked_fill(~mask, -1e9), dim=-1)
