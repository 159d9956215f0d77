"""The function changed its argument `query` in place"""

import math


def scaled_dot_scores(query, key):
    query /= math.sqrt(query.shape[-1])
    return query @ key.transpose(-2, -1)
