"""The three matrices side by side, cut apart afterwards; temporaries changed in place."""

import math

import torch


def self_attention_output(x, w_q, w_k, w_v):
    widths = [w_q.shape[-1], w_k.shape[-1], w_v.shape[-1]]
    query, key, value = (x @ torch.cat([w_q, w_k, w_v], dim=-1)).split(widths, dim=-1)
    scores = query.matmul(key.transpose(-2, -1))
    scores /= math.sqrt(widths[0])
    scores = scores - scores.max(dim=-1, keepdim=True).values
    weights = scores.exp()
    return (weights / weights.sum(dim=-1, keepdim=True)).matmul(value)
