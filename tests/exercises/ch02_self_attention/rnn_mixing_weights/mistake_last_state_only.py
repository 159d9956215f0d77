"""weights: shape must be (3, 3, 2, 2), got (3, 2, 2)"""

import torch


def rnn_mixing_weights(transition, length):
    return torch.stack([torch.matrix_power(transition, length - 1 - s) for s in range(length)])
