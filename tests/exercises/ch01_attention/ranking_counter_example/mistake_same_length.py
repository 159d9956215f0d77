"""Both keys have the same length, and then the two rankings always agree"""

import torch


def ranking_counter_example():
    return torch.tensor([1.0, 0.0]), torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
