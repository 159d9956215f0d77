"""is one too low: from s to t there are t − s steps"""

import torch


def rnn_mixing_weights(transition, length):
    powers = [torch.eye(len(transition), dtype=transition.dtype)]
    for _ in range(length):
        powers.append(transition @ powers[-1])
    weights = torch.zeros(length, length, *transition.shape, dtype=transition.dtype)
    for t in range(length):
        for s in range(length):
            if s <= t:
                weights[t, s] = powers[max(t - s - 1, 0)]
    return weights
