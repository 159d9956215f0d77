"""the heads are averaged: each has a centre of its own"""

import torch


def centre_of_gaze(weights, height, width):
    n = torch.arange(height * width)
    place = torch.stack([n // width, n % width], dim=-1).to(weights.dtype)
    return (weights @ place - place).mean(dim=(0, 1))
