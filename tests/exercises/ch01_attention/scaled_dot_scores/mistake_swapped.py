"""rows and columns are swapped: rows belong to queries, columns to keys"""

import math


def scaled_dot_scores(query, key):
    return key @ query.transpose(-2, -1) / math.sqrt(query.shape[-1])
