"""The change is right but for rounding: a token may change by 0.0001."""

import torch


def twin_image(image, weight, patch_size):
    v = torch.linalg.svd(weight, full_matrices=True).Vh[-1]
    twin = image.clone()
    twin[:patch_size, :patch_size] += 10000 * v.view(patch_size, patch_size)
    return twin
