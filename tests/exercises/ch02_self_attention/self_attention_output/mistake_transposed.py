"""the matrices are applied transposed"""

import math

import torch


def self_attention_output(x, w_q, w_k, w_v):
    query, key, value = x @ w_q.T, x @ w_k.T, x @ w_v.T
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    return torch.softmax(scores, dim=-1) @ value
