"""x @ w is zero: every score is 0"""

import torch


def one_matrix_counter_example():
    return torch.tensor([[1.0, 0.0], [3.0, 0.0]]), torch.tensor([[0.0], [1.0]])
