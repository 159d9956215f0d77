"""One matrix in the middle, and the values last: (A X) W_V = A (X W_V)."""

import math

import torch


def self_attention_output(x, w_q, w_k, w_v):
    between = w_q @ w_k.mT / math.sqrt(w_q.shape[-1])
    weights = torch.softmax(x @ between @ x.transpose(-2, -1), dim=-1)
    return weights @ x @ w_v
