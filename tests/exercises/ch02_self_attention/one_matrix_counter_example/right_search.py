"""Three words of width 5, found by search."""

import torch


def one_matrix_counter_example():
    generator = torch.Generator().manual_seed(0)
    while True:
        x, w = torch.randn(3, 5, generator=generator), torch.randn(5, 2, generator=generator)
        weights = torch.softmax((x @ w) @ (x @ w).T / 2**0.5, dim=-1)
        if (weights - weights.T).max() > 0.2:
            return [x, w]
