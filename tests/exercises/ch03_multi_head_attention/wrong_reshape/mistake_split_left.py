"""one fault is left, in the split: a view to (B, h, N, d) cuts the sequence"""

import math

import torch


def wrong_reshape(query, key, value, num_heads):
    batch, places, width = query.shape
    query = query.view(batch, num_heads, -1, width // num_heads)
    key = key.view(batch, num_heads, -1, width // num_heads)
    value = value.view(batch, num_heads, -1, width // num_heads)
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    mixed = torch.softmax(scores, dim=-1) @ value
    return mixed.transpose(1, 2).reshape(batch, places, width)
