"""Two small matrices of tent functions, with einsum."""

import torch


def stretch_positions(table, old, new):
    def tents(n, m):
        at = ((torch.arange(m) + 0.5) * n / m - 0.5).clamp(0, n - 1)
        return (1 - (at[:, None] - torch.arange(n)).abs()).clamp(min=0)

    grid = table[1:].view(*old, -1)
    rows = torch.einsum("yh,xw,hwd->yxd", tents(old[0], new[0]), tents(old[1], new[1]), grid)
    return torch.cat([table[:1], rows.flatten(0, 1)])
