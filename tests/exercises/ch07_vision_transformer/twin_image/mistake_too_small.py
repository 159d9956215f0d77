"""The change is too small: some pixel must differ by 0.1. A change that is not seen may be much larger."""

import torch


def twin_image(image, weight, patch_size):
    p = patch_size
    unseen = torch.linalg.svd(weight, full_matrices=True).Vh[-1]
    twin = image.clone()
    twin[:p, :p] += 1e-3 * unseen.view(p, p)
    return twin
