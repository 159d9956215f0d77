"""a causal mask of the wrong corner lets the newest token see only the oldest"""

import math

import torch


def step_with_cache(query, key, value, old_keys, old_values):
    keys = torch.cat([old_keys, key], dim=2)
    values = torch.cat([old_values, value], dim=2)
    scores = query @ keys.transpose(-2, -1) / math.sqrt(query.shape[-1])
    visible = torch.ones(1, keys.shape[2], dtype=torch.bool).tril()
    scores = scores.masked_fill(~visible, float("-inf"))
    return torch.softmax(scores, dim=-1) @ values, keys, values
