"""i is the number of the column: it is the number of the pair"""

import torch


def sinusoidal_table(num_positions, d_model):
    i = torch.arange(d_model)
    table = torch.arange(num_positions)[:, None] * 10000.0 ** (-2 * i / d_model)
    table[:, 0::2] = table[:, 0::2].sin()
    table[:, 1::2] = table[:, 1::2].cos()
    return table
