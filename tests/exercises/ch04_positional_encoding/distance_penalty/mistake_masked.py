"""later keys are hidden as well: the mask is another's business"""

import torch


def distance_penalty(num_heads, num_places):
    slopes = 2.0 ** (-8 * torch.arange(1, num_heads + 1) / num_heads)
    places = torch.arange(num_places)
    distance = (places[:, None] - places[None, :]).abs()
    bias = -slopes[:, None, None] * distance
    return bias.masked_fill(places[None, :] > places[:, None], float("-inf"))
