"""With d = 1 every cosine is 1 or −1"""

import torch


def ranking_counter_example():
    return torch.tensor([1.0]), torch.tensor([2.0]), torch.tensor([1.0])
