"""R: shape must be (6, 6), got (2, 2)"""

import math

import torch


def shift_rotation(k, d_model):
    return torch.tensor([[math.cos(k), math.sin(k)], [-math.sin(k), math.cos(k)]])
