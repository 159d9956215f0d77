r"""Positions by batch.

Find the bug · 10 minutes · difficulty 1 of 3 · 2 points

`add_positions(x, table, start)` is meant to add to each row the encoding of its place. It is written as
one meets it, and it raises nothing as long as the table has rows enough. It has four faults. Repair it.

`x` is `(B, N, D)`: B sentences of N words. `table` is `(P, D)`: row p is the encoding of place p, counted
from 0. The words stand at the places `start` to `start + N - 1`: while a decoder writes word by word, N is 1
and `start` grows. Return `(B, N, D)`, and leave the arguments as they are. You may use `torch`. Here row p of
the table holds the number p, and the three words are numbered from 2:

>>> table = torch.arange(8.0)[:, None]
>>> add_positions(torch.zeros(1, 3, 1), table, 2).flatten()
tensor([2., 3., 4.])
"""

import torch


def add_positions(x: torch.Tensor, table: torch.Tensor, start: int) -> torch.Tensor:
    """Rows (B, N, D) plus the encodings of their places."""
    raise NotImplementedError  # delete this line, then repair the rest
    places = torch.arange(1, x.shape[0] + 1)
    encoding = table[places]
    x += encoding[:, None, :]
    return x
