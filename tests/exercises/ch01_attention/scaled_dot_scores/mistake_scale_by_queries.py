"""the scores are divided by the square root of the number of queries, not of the width"""

import math


def scaled_dot_scores(query, key):
    return query @ key.transpose(-2, -1) / math.sqrt(query.shape[-2])
