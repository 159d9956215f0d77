"""It is a circle, but a faint one"""

import torch


def word_circle():
    return torch.eye(3), torch.eye(3).roll(1, dims=0)
