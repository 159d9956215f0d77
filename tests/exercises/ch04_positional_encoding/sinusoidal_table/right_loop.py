"""Number by number."""

import math

import torch


def sinusoidal_table(num_positions, d_model):
    table = torch.empty(num_positions, d_model)
    for place in range(num_positions):
        for column in range(d_model):
            angle = place * math.exp(-math.log(10000.0) * (column - column % 2) / d_model)
            table[place, column] = math.cos(angle) if column % 2 else math.sin(angle)
    return table
