"""Both dot products negative, whole numbers."""

import torch


def ranking_counter_example():
    return torch.tensor([1, 0]), torch.tensor([-1, 0]), torch.tensor([-2, 2])
