"""the heads come in reverse: the first has the steepest slope"""

import torch


def distance_penalty(num_heads, num_places):
    slopes = 2.0 ** (-8 * torch.arange(1, num_heads + 1) / num_heads)
    places = torch.arange(num_places)
    distance = (places[:, None] - places[None, :]).abs()
    return -slopes.flip(0)[:, None, None] * distance
