"""it raised RuntimeError: shape '[2, 2]' is invalid"""

import torch


def twin_image(image, weight, patch_size):
    p = patch_size
    unseen = torch.linalg.svd(weight, full_matrices=True).Vh[-1]
    twin = image.clone()
    twin[:2, :2] += unseen.view(2, 2)
    return twin
