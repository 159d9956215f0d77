"""`.T` turns around all axes of a batch"""

import math


def scaled_dot_scores(query, key):
    return query @ key.T / math.sqrt(query.shape[-1])
