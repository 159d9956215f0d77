"""all heads have the slope of the first"""

import torch


def distance_penalty(num_heads, num_places):
    slopes = 2.0 ** (-8 * torch.arange(1, num_heads + 1) / num_heads)
    places = torch.arange(num_places)
    distance = (places[:, None] - places[None, :]).abs()
    return (-slopes[0] * distance).expand(num_heads, -1, -1)
