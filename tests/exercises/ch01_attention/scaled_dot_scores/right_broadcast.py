"""Every pair written out: (..., N, 1, d) times (..., 1, M, d), summed over d."""

import math


def scaled_dot_scores(query, key):
    return (query.unsqueeze(-2) * key.unsqueeze(-3)).sum(-1) / math.sqrt(query.shape[-1])
