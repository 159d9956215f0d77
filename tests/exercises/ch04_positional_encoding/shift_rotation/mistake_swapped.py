"""sine and cosine are swapped inside the blocks"""

import math

import torch


def shift_rotation(k, d_model):
    rotation = torch.zeros(d_model, d_model)
    for column in range(0, d_model, 2):
        angle = k * 10000.0 ** (-column / d_model)
        block = [[math.sin(angle), math.cos(angle)], [math.cos(angle), -math.sin(angle)]]
        rotation[column : column + 2, column : column + 2] = torch.tensor(block)
    return rotation
