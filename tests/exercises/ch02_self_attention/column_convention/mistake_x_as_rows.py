"""x is read as rows: word i is column i of x"""

import math

import torch


def column_convention(x, w_q, w_k, w_v):
    query, key, value = x @ w_q, x @ w_k, x @ w_v
    scores = query @ key.T / math.sqrt(query.shape[-1])
    weights = torch.softmax(scores, dim=-1).T
    return (weights.T @ value).T, weights
