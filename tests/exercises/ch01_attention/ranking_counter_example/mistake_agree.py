"""both rankings agree, so this is no counter-example"""

import torch


def ranking_counter_example():
    return torch.tensor([1.0, 0.0]), torch.tensor([3.0, 1.0]), torch.tensor([1.0, 1.0])
