"""The exponentials of each row add up to the same total"""

import torch


def one_matrix_counter_example():
    return torch.eye(3), torch.eye(3)
