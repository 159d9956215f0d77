"""the identity is added, but the sum is not halved: rows no longer sum to 1"""

import torch


def rollout_of_layers(weights):
    identity = torch.eye(weights.shape[-1], dtype=weights.dtype)
    rollout = identity
    for layer in weights.mean(dim=1):
        rollout = (layer + identity) @ rollout
    return rollout
