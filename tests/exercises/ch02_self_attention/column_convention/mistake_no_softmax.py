"""the softmax is missing: A is returned"""

import math


def column_convention(x, w_q, w_k, w_v):
    query, key, value = w_q @ x, w_k @ x, w_v @ x
    scores = key.T @ query / math.sqrt(query.shape[0])
    return value @ scores, scores
