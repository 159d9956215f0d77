"""both sines have the same sign: then the matrix does not keep lengths"""

import math

import torch


def shift_rotation(k, d_model):
    rotation = torch.zeros(d_model, d_model)
    for column in range(0, d_model, 2):
        angle = k * 10000.0 ** (-column / d_model)
        block = [[math.cos(angle), math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        rotation[column : column + 2, column : column + 2] = torch.tensor(block)
    return rotation
