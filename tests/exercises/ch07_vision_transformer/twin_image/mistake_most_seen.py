"""The image must have the shape of the first, (4, 6), got"""

import torch


def twin_image(image, weight, patch_size):
    p = patch_size
    return torch.zeros(p, p)
