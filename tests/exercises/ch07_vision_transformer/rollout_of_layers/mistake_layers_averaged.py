"""the layers are averaged: they follow each other, so their matrices are multiplied"""

import torch


def rollout_of_layers(weights):
    return (weights.mean(dim=(0, 1)) + torch.eye(weights.shape[-1])) / 2
