"""only the variance is put on a logarithmic scale"""

import math


def variance_exponent(samples):
    x, y = [], []
    for queries, keys in samples:
        x.append(queries.shape[-1])
        y.append(math.log(((queries * keys).sum(-1).var()).item()))
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    over = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return over / sum((a - mean_x) ** 2 for a in x)
