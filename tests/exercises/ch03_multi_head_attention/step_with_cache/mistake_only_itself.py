"""the new token sees only itself: the old keys and values are not used"""

import math

import torch


def step_with_cache(query, key, value, old_keys, old_values):
    keys = torch.cat([old_keys, key], dim=2)
    values = torch.cat([old_values, value], dim=2)
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    return torch.softmax(scores, dim=-1) @ value, keys, values
