"""x is turned into rows, and the formula of the row convention used"""

import math

import torch


def column_convention(x, w_q, w_k, w_v):
    query, key, value = x.T @ w_q, x.T @ w_k, x.T @ w_v
    weights = torch.softmax(query @ key.T / math.sqrt(query.shape[-1]), dim=-1)
    return weights @ value, weights
