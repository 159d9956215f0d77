"""only the key with the largest weight is counted: all are, by their weights"""

import torch


def centre_of_gaze(weights, height, width):
    n = torch.arange(height * width)
    place = torch.stack([n // width, n % width], dim=-1).to(weights.dtype)
    return (place[weights.argmax(dim=-1)] - place).mean(dim=1)
