"""the words have width 3, w takes words of width 2"""

import torch


def one_matrix_counter_example():
    return torch.tensor([[1.0, 0.0, 0.0], [3.0, 0.0, 0.0]]), torch.eye(2)
