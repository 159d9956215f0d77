"""A random change, less the part that the embedding sees."""

import torch


def twin_image(image, weight, patch_size):
    p = patch_size
    generator = torch.Generator().manual_seed(0)
    change = torch.randn(p * p, generator=generator, dtype=torch.float64)
    w = weight.double()
    change -= torch.linalg.lstsq(w, (w @ change)[:, None]).solution[:, 0]
    change /= change.abs().max()
    twin = image.clone()
    twin[-p:, -p:] += change.view(p, p).to(image.dtype)
    return twin
