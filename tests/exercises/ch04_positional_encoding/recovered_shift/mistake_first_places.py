"""only the first D places are fitted, not all of them"""

import torch


def recovered_shift(table, k):
    now, later = table[:-k], table[k:]
    R = torch.linalg.lstsq(now[: table.shape[1]], later[: table.shape[1]]).solution.T
    return R, float((now @ R.T - later).abs().max())
