"""the slopes are powers of e, not of 2"""

import torch


def distance_penalty(num_heads, num_places):
    slopes = torch.exp(-8 * torch.arange(1, num_heads + 1) / num_heads)
    places = torch.arange(num_places)
    distance = (places[:, None] - places[None, :]).abs()
    return -slopes[:, None, None] * distance
