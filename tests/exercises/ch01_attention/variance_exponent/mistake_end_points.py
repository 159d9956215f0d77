"""the line runs through the first and the last point only"""

import math


def variance_exponent(samples):
    x, y = [], []
    for queries, keys in samples:
        x.append(math.log(queries.shape[-1]))
        y.append(math.log(((queries * keys).sum(-1).var()).item()))
    return (y[-1] - y[0]) / (x[-1] - x[0])
