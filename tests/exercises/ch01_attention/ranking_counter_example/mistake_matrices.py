"""query must be one vector of shape"""

import torch


def ranking_counter_example():
    return torch.tensor([[1.0, 0.0]]), torch.tensor([[3.0, 3.0]]), torch.tensor([[1.0, 0.0]])
