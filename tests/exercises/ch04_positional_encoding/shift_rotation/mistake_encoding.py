"""the encoding of place k was put on the diagonal: a shift mixes the two numbers of each pair"""

import torch


def shift_rotation(k, d_model):
    angle = abs(k) * 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    return torch.diag(torch.stack([angle.sin(), angle.cos()], dim=-1).flatten())
