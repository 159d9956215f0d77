"""each number is raised for itself (`**`), but for the identity"""

import torch


def rnn_mixing_weights(transition, length):
    weights = torch.zeros(length, length, *transition.shape, dtype=transition.dtype)
    for t in range(length):
        weights[t, t] = torch.eye(len(transition), dtype=transition.dtype)
        for s in range(t):
            weights[t, s] = transition ** (t - s)
    return weights
