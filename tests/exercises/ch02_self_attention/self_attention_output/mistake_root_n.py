"""the scores are divided by √N, the root of the number of rows, instead of √d"""

import math

import torch


def self_attention_output(x, w_q, w_k, w_v):
    query, key, value = x @ w_q, x @ w_k, x @ w_v
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-2])
    return torch.softmax(scores, dim=-1) @ value
