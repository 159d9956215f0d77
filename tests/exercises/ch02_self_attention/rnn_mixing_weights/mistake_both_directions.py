"""the distance counts in both directions"""

import torch


def rnn_mixing_weights(transition, length):
    powers = [torch.eye(len(transition), dtype=transition.dtype)]
    for _ in range(length):
        powers.append(transition @ powers[-1])
    weights = torch.zeros(length, length, *transition.shape, dtype=transition.dtype)
    for t in range(length):
        for s in range(length):
            weights[t, s] = powers[abs(t - s)]
    return weights
