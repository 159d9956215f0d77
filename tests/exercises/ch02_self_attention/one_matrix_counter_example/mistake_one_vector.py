"""x must have shape (N, D)"""

import torch


def one_matrix_counter_example():
    return torch.tensor([1.0, 3.0]), torch.tensor([[1.0]])
