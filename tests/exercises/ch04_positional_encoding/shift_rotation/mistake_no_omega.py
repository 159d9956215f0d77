"""ω is left out: every pair turns by k"""

import math

import torch


def shift_rotation(k, d_model):
    rotation = torch.zeros(d_model, d_model)
    for column in range(0, d_model, 2):
        angle = k
        block = [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]
        rotation[column : column + 2, column : column + 2] = torch.tensor(block)
    return rotation
