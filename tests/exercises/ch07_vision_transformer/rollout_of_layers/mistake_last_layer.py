"""only the last layer is used"""

import torch


def rollout_of_layers(weights):
    identity = torch.eye(weights.shape[-1], dtype=weights.dtype)
    rollout = identity
    for layer in weights.mean(dim=1):
        rollout = (layer + identity) / 2
    return rollout
