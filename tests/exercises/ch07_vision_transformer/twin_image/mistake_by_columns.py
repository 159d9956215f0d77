"""The change is laid out column by column: a patch is laid out row by row."""

import torch


def twin_image(image, weight, patch_size):
    p = patch_size
    unseen = torch.linalg.svd(weight, full_matrices=True).Vh[-1]
    twin = image.clone()
    twin[:p, :p] += p * unseen.view(p, p).T
    return twin
