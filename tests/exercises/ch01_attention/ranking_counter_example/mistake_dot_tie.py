"""The dot product does not tell the keys apart"""

import torch


def ranking_counter_example():
    return torch.tensor([1.0, 0.0]), torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0])
