"""`.T` turns around all axes of a batch"""

import math

import torch


def self_attention_output(x, w_q, w_k, w_v):
    query, key, value = x @ w_q, x @ w_k, x @ w_v
    scores = query @ key.T / math.sqrt(query.shape[-1])
    return torch.softmax(scores, dim=-1) @ value
