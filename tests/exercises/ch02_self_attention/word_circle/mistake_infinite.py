"""w_q must hold finite numbers"""

import torch


def word_circle():
    return torch.full((3, 3), float("inf")), torch.eye(3).roll(1, dims=0)
