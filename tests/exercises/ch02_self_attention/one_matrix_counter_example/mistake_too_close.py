"""The directions differ, but by no more than 0.1"""

import torch


def one_matrix_counter_example():
    return torch.tensor([[0.1, 0.0], [0.5, 0.0]]), torch.eye(2)
