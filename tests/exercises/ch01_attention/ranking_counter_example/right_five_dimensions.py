"""In five dimensions, found by search."""

import torch


def ranking_counter_example():
    generator = torch.Generator().manual_seed(2)
    query = torch.ones(5)
    while True:
        a, b = torch.randn(2, 5, generator=generator)
        if query @ a > query @ b + 0.1 and (query @ a) / a.norm() < (query @ b) / b.norm() - 0.1:
            return query, a, b
