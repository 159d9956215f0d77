"""With multi_dot, last layer first."""

import torch


def rollout_of_layers(weights):
    identity = torch.eye(weights.shape[-1]).to(weights)
    mixed = [0.5 * layer + 0.5 * identity for layer in weights.mean(1)]
    return torch.linalg.multi_dot(mixed[::-1]) if len(mixed) > 1 else mixed[0]
