"""each number is raised for itself (`**`): a matrix power is repeated @"""

import torch


def rnn_mixing_weights(transition, length):
    weights = torch.zeros(length, length, *transition.shape, dtype=transition.dtype)
    for t in range(length):
        for s in range(t + 1):
            weights[t, s] = transition ** (t - s)
    return weights
