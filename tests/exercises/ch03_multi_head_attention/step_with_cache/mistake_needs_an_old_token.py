"""it raised IndexError: select(): index -1 out of range"""

import math

import torch


def step_with_cache(query, key, value, old_keys, old_values):
    last = old_keys.select(2, -1)
    keys = torch.cat([old_keys[:, :, :-1], last[:, :, None], key], dim=2)
    values = torch.cat([old_values, value], dim=2)
    scores = query @ keys.transpose(-2, -1) / math.sqrt(query.shape[-1])
    return torch.softmax(scores, dim=-1) @ values, keys, values
