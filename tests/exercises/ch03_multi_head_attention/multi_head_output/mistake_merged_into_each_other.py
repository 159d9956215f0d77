"""the heads are laid into each other, number by number: each keeps its d columns side by side"""

import math

import torch


def multi_head_output(x, w_query, w_key, w_value, w_output, num_heads, mask=None):
    def split(rows):
        return rows.unflatten(-1, (num_heads, -1)).transpose(1, 2)

    query, key, value = split(x @ w_query), split(x @ w_key), split(x @ w_value)
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = torch.softmax(scores, dim=-1)
    merged = (weights @ value).permute(0, 2, 3, 1).flatten(2)
    return merged @ w_output, weights
