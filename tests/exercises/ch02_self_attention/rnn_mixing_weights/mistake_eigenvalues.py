"""A power with a negative exponent was taken, or a logarithm"""

import torch


def rnn_mixing_weights(transition, length):
    values, vectors = torch.linalg.eig(transition)
    back = torch.linalg.pinv(vectors)
    weights = torch.zeros(length, length, *transition.shape, dtype=transition.dtype)
    for t in range(length):
        for s in range(t + 1):
            weights[t, s] = (vectors @ torch.diag(torch.exp((t - s) * torch.log(values))) @ back).real
    return weights
