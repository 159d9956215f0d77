"""the scores are not divided by √d"""

import torch


def self_attention_output(x, w_q, w_k, w_v):
    query, key, value = x @ w_q, x @ w_k, x @ w_v
    return torch.softmax(query @ key.transpose(-2, -1), dim=-1) @ value
