"""Each word looks at itself and hardly at any other"""

import torch


def one_matrix_counter_example():
    return torch.tensor([[9.0, 0.0], [0.0, 5.0]]), torch.eye(2)
