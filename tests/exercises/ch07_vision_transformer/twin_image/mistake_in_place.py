"""The function changed its argument `image` in place"""

import torch


def twin_image(image, weight, patch_size):
    p = patch_size
    unseen = torch.linalg.svd(weight, full_matrices=True).Vh[-1]
    image[:p, :p] += p * unseen.view(p, p)
    return image
