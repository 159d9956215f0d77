"""k is not used: this is the shift by 1"""

import torch


def recovered_shift(table, k):
    now, later = table[:-1], table[1:]
    R = torch.linalg.lstsq(now, later).solution.T
    return R, float((now @ R.T - later).abs().max())
