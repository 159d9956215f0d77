"""the matrices are multiplied entry by entry"""

import torch


def rollout_of_layers(weights):
    mixed = (weights.mean(dim=1) + torch.eye(weights.shape[-1])) / 2
    return mixed.prod(dim=0)
