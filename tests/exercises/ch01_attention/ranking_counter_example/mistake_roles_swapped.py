"""The roles are swapped: the dot product must prefer a, the cosine b"""

import torch


def ranking_counter_example():
    return torch.tensor([1.0, 0.0]), torch.tensor([1.0, 0.0]), torch.tensor([3.0, 3.0])
