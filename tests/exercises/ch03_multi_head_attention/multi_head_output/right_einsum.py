"""With einsum; the scale is taken into the queries."""

import math

import torch


def multi_head_output(x, w_query, w_key, w_value, w_output, num_heads, mask=None):
    width = x.shape[-1]
    d = width // num_heads
    query, key, value = (
        torch.einsum("bnw,whd->bhnd", x, w.reshape(width, num_heads, d)) for w in (w_query, w_key, w_value)
    )
    scores = torch.einsum("bhnd,bhmd->bhnm", query / math.sqrt(d), key)
    if mask is not None:
        scores = scores + torch.zeros(mask.shape).masked_fill(mask.logical_not(), float("-inf"))
    weights = scores.softmax(dim=-1)
    mixed = torch.einsum("bhnm,bhmd->bhnd", weights, value)
    return torch.einsum("bhnd,hdw->bnw", mixed, w_output.reshape(num_heads, d, width)), weights
