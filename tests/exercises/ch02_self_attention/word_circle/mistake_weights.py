"""w_q must be a torch.Tensor, got list"""

import torch


def word_circle():
    return [[0, 1, 0], [0, 0, 1], [1, 0, 0]], torch.eye(3)
