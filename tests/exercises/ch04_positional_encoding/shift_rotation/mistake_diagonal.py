"""only the diagonal is filled: sine and cosine of a pair mix"""

import math

import torch


def shift_rotation(k, d_model):
    rotation = torch.zeros(d_model, d_model)
    for column in range(0, d_model, 2):
        angle = k * 10000.0 ** (-column / d_model)
        block = [[math.cos(angle), 0.0], [0.0, math.cos(angle)]]
        rotation[column : column + 2, column : column + 2] = torch.tensor(block)
    return rotation
