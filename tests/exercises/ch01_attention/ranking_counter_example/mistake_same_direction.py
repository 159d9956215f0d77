"""Both keys point the same way, so their cosines are equal"""

import torch


def ranking_counter_example():
    return torch.tensor([1.0, 1.0]), torch.tensor([2.0, 0.0]), torch.tensor([1.0, 0.0])
