"""All words have the same vector x @ w"""

import torch


def one_matrix_counter_example():
    return torch.tensor([[1.0, 2.0], [1.0, 5.0]]), torch.tensor([[1.0], [0.0]])
