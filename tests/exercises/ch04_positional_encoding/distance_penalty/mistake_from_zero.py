"""the heads are counted from 0, so that the first slope is 1: t runs from 1 to h"""

import torch


def distance_penalty(num_heads, num_places):
    slopes = 2.0 ** (-8 * torch.arange(num_heads) / num_heads)
    places = torch.arange(num_places)
    distance = (places[:, None] - places[None, :]).abs()
    return -slopes[:, None, None] * distance
