"""the output is turned back into rows"""

import math

import torch


def column_convention(x, w_q, w_k, w_v):
    query, key, value = w_q @ x, w_k @ x, w_v @ x
    scores = key.T @ query / math.sqrt(query.shape[0])
    weights = torch.softmax(scores, dim=0)
    return (value @ weights).T, weights
