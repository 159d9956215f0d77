"""The row convention, with transposes at both ends."""

import math

import torch


def column_convention(x, w_q, w_k, w_v):
    query, key, value = x.T @ w_q.T, x.T @ w_k.T, x.T @ w_v.T
    weights = torch.softmax(query @ key.T / math.sqrt(query.shape[-1]), dim=-1)
    return (weights @ value).T, weights.T
