"""no gradient flows back from the result to the arguments"""

import math


def scaled_dot_scores(query, key):
    return (query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])).detach()
