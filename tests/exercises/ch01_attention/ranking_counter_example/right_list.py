"""As a list, in double precision."""

import torch


def ranking_counter_example():
    query = torch.tensor([0.0, 1.0], dtype=torch.float64)
    return [query, torch.tensor([5.0, 2.0]).double(), query / 2]
