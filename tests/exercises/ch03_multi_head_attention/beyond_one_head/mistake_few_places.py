"""With N = 1 places the scores have rank 1 at most"""

import torch


def beyond_one_head(d):
    return torch.randn(d, d + 1), torch.randn(d, d + 1)
