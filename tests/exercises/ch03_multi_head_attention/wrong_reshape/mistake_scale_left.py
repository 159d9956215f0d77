"""one fault is left, in the scale: √D, the width of the model, in place of √d, the width of a head"""

import math

import torch


def wrong_reshape(query, key, value, num_heads):
    batch, places, width = query.shape
    query = query.view(batch, query.shape[1], num_heads, -1).transpose(1, 2)
    key = key.view(batch, key.shape[1], num_heads, -1).transpose(1, 2)
    value = value.view(batch, value.shape[1], num_heads, -1).transpose(1, 2)
    scores = query @ key.transpose(-2, -1) / math.sqrt(width)
    mixed = torch.softmax(scores, dim=-1) @ value
    return mixed.transpose(1, 2).reshape(batch, places, width)
