"""x asks and is asked as it is, without w_q and w_k"""

import math

import torch


def self_attention_output(x, w_q, w_k, w_v):
    scores = x @ x.transpose(-2, -1) / math.sqrt(x.shape[-1])
    return torch.softmax(scores, dim=-1) @ (x @ w_v)
