"""The slope must be one number, got"""

import math


def variance_exponent(samples):
    return [math.log(queries.shape[-1]) for queries, keys in samples]
