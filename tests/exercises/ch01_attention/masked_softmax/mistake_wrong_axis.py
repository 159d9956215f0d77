"""the softmax runs over the queries (dim=-2)"""

import torch


def masked_softmax(scores, mask):
    return torch.softmax(scores.masked_fill(~mask, float("-inf")), dim=-2).nan_to_num()
