"""the matrix is laid out for a table with all sines first: here sine and cosine alternate"""

import torch


def shift_rotation(k, d_model):
    angle = k * 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    cos, sin = torch.diag(angle.cos()), torch.diag(angle.sin())
    return torch.cat([torch.cat([cos, sin], dim=1), torch.cat([-sin, cos], dim=1)])
