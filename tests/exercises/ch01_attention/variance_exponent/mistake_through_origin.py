"""the line is forced through the origin"""

import math


def variance_exponent(samples):
    x, y = [], []
    for queries, keys in samples:
        x.append(math.log(queries.shape[-1]))
        y.append(math.log(((queries * keys).sum(-1).var()).item()))
    return sum(a * b for a, b in zip(x, y, strict=True)) / sum(a * a for a in x)
