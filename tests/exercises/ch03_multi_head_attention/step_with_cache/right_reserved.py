"""Room is reserved, then written."""

import math

import torch


def step_with_cache(query, key, value, old_keys, old_values):
    batch, heads, length, width = old_keys.shape
    keys, values = (old.new_empty(batch, heads, length + 1, width) for old in (old_keys, old_values))
    keys[:, :, :length], keys[:, :, length:] = old_keys, key
    values[:, :, :length], values[:, :, length:] = old_values, value
    weights = torch.softmax(query @ keys.mT / math.sqrt(width), dim=-1)
    return weights @ values, keys, values
