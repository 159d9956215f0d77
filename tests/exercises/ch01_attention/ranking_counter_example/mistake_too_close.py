"""The cosines are too close (the gap must exceed 0.01)"""

import torch


def ranking_counter_example():
    return torch.tensor([1.0, 0.0]), torch.tensor([3.0, 0.1]), torch.tensor([1.0, 0.0])
