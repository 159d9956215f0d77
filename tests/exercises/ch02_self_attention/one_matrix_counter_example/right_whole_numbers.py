"""Whole numbers; a word of zeros looks at both alike, and is not looked at."""

import torch


def one_matrix_counter_example():
    return torch.tensor([[0], [3]]), torch.tensor([[1]])
