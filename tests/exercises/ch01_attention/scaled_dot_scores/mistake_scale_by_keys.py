"""the scores are divided by the square root of the number of keys, not of the width"""

import math


def scaled_dot_scores(query, key):
    return query @ key.transpose(-2, -1) / math.sqrt(key.shape[-2])
