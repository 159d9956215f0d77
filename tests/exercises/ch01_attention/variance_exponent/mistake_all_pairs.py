"""every query meets every key: row i belongs to row i only"""

import math


def variance_exponent(samples):
    x, y = [], []
    for queries, keys in samples:
        x.append(math.log(queries.shape[-1]))
        y.append(math.log(((queries @ keys.T).var()).item()))
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    over = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return over / sum((a - mean_x) ** 2 for a in x)
