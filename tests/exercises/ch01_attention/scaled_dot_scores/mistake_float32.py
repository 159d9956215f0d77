"""dtype must be float64, as the input has it, got float32"""

import math


def scaled_dot_scores(query, key):
    return query.float() @ key.float().transpose(-2, -1) / math.sqrt(query.shape[-1])
