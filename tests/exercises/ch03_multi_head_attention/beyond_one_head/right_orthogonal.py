"""Any orthogonal matrix will do."""

import torch


def beyond_one_head(d):
    generator = torch.Generator().manual_seed(0)
    rotation = torch.linalg.qr(torch.randn(d + 1, d + 1, generator=generator))[0]
    return rotation, torch.eye(d + 1)
