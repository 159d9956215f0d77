"""The function must return (query, key_a, key_b), got 2 parts"""

import torch


def ranking_counter_example():
    return torch.tensor([3.0, 3.0]), torch.tensor([1.0, 0.0])
