"""That number does not fit into half precision"""

import torch


def masked_softmax(scores, mask):
    alive = mask.any(dim=-1, keepdim=True)
    weights = torch.softmax(scores.masked_fill(~mask, -1e20), dim=-1)
    return weights * alive
