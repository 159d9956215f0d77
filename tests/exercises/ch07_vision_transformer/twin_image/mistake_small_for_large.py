"""it raised IndexError: index 3 is out of bounds"""

import torch


def twin_image(image, weight, patch_size):
    p = patch_size
    unseen = torch.linalg.svd(weight, full_matrices=False).Vh[weight.shape[0]]
    twin = image.clone()
    twin[:p, :p] += p * unseen.view(p, p)
    return twin
