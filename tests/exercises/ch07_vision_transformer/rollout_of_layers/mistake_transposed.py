"""the result is transposed: row i says what output i is made of"""

import torch


def rollout_of_layers(weights):
    identity = torch.eye(weights.shape[-1], dtype=weights.dtype)
    rollout = identity
    for layer in weights.mean(dim=1):
        rollout = (layer + identity) / 2 @ rollout
    return rollout.T
