"""In the plane: three directions, each key turned by a third of a circle."""

import math

import torch


def word_circle():
    angles = 2 * math.pi * torch.arange(3) / 3

    def towards(angle):
        return torch.stack([angle.cos(), angle.sin()], dim=-1)

    return 5 * towards(angles), towards(angles - 2 * math.pi / 3)
