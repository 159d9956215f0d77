"""the heads are summed, not averaged"""

import torch


def rollout_of_layers(weights):
    identity = torch.eye(weights.shape[-1], dtype=weights.dtype)
    rollout = identity
    for layer in weights.sum(dim=1):
        rollout = (layer + identity) / 2 @ rollout
    return rollout
