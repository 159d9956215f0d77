"""the scores are not divided by √d"""

import torch


def step_with_cache(query, key, value, old_keys, old_values):
    keys = torch.cat([old_keys, key], dim=2)
    values = torch.cat([old_values, value], dim=2)
    scores = query @ keys.transpose(-2, -1)
    return torch.softmax(scores, dim=-1) @ values, keys, values
