"""key_b is the zero vector: it has no direction, so it has no cosine"""

import torch


def ranking_counter_example():
    return torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1.0]), torch.tensor([0.0, 0.0])
