"""One head after the other."""

import torch


def distance_penalty(num_heads, num_places):
    bias = torch.zeros(num_heads, num_places, num_places)
    for t in range(num_heads):
        for i in range(num_places):
            for j in range(num_places):
                bias[t, i, j] = -(2 ** (-8 * (t + 1) / num_heads)) * abs(i - j)
    return bias
