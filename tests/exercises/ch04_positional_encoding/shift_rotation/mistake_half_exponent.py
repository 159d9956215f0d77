"""the exponent is i/D instead of 2i/D"""

import math

import torch


def shift_rotation(k, d_model):
    rotation = torch.zeros(d_model, d_model)
    for i in range(d_model // 2):
        angle = k * 10000 ** (-i / d_model)
        cos, sin = math.cos(angle), math.sin(angle)
        rotation[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = torch.tensor([[cos, sin], [-sin, cos]])
    return rotation
