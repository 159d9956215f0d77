"""A cosine is a sine a quarter turn on."""

import math

import torch


def sinusoidal_table(num_positions, d_model):
    columns = torch.arange(d_model, dtype=torch.float64)
    frequency = torch.exp(-math.log(10000.0) * (columns - columns % 2) / d_model)
    angles = torch.outer(torch.arange(num_positions, dtype=torch.float64), frequency)
    return torch.sin(angles + columns % 2 * math.pi / 2).float()
