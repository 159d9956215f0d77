"""The sizes do not fit: are the last two axes"""

import math


def scaled_dot_scores(query, key):
    return query @ key / math.sqrt(query.shape[-1])
