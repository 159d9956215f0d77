"""All wavelengths in a tensor."""

import torch


def longest_wavelength():
    lengths = 2 * torch.pi / 10000 ** (-torch.arange(0, 512, 2, dtype=torch.float64) / 512)
    return [lengths.min(), lengths.max(), (lengths <= 128).sum()]
