"""the weights are those of the row convention"""

import math

import torch


def column_convention(x, w_q, w_k, w_v):
    query, key, value = w_q @ x, w_k @ x, w_v @ x
    scores = query.T @ key / math.sqrt(query.shape[0])
    weights = torch.softmax(scores, dim=-1)
    return value @ weights.T, weights
