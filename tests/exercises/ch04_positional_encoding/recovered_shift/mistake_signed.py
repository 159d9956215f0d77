"""the absolute value is missing: a difference may be negative"""

import torch


def recovered_shift(table, k):
    now, later = table[:-k], table[k:]
    R = torch.linalg.lstsq(now, later).solution.T
    return R, float((now @ R.T - later).max())
