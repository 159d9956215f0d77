"""Row i of the weights belongs to query i and must sum to 1"""

import math

import torch


def attention_from_itself(x, w_q, w_k, w_v):
    query, key, value = x @ w_q, x @ w_k, x @ w_v
    scores = query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])
    weights = torch.softmax(scores, dim=-1)
    weights = weights / len(x[0])
    return weights @ value, weights
