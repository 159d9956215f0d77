"""nothing is repaired yet: split, scale and merge are all wrong"""

import math

import torch


def wrong_reshape(query, key, value, num_heads):
    batch, places, width = query.shape
    query = query.view(batch, num_heads, -1, width // num_heads)
    key = key.view(batch, num_heads, -1, width // num_heads)
    value = value.view(batch, num_heads, -1, width // num_heads)
    scores = query @ key.transpose(-2, -1) / math.sqrt(width)
    mixed = torch.softmax(scores, dim=-1) @ value
    return mixed.reshape(batch, places, width)
