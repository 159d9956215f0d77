"""As a product with a matrix of shifts."""

import torch


def window_features(x, reach):
    length = x.shape[1]
    shifts = torch.stack([torch.ones(length, length, dtype=x.dtype).tril(k).triu(k) for k in range(-reach, reach + 1)])
    return torch.einsum("knm,bmd->bnkd", shifts, x).flatten(2)
