"""The function changed its argument `x` in place"""

import torch


def add_positions(x, table, start):
    places = torch.arange(1, x.shape[0] + 1)
    encoding = table[places]
    x += encoding[:, None, :]
    return x
