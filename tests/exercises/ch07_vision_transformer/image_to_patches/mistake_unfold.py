"""the last two axes of the result are swapped, as `unfold` leaves them: a row is one patch"""

import torch


def image_to_patches(images, patch_size):
    b, c, h, w = images.shape
    p = patch_size
    return torch.nn.functional.unfold(images, p, stride=p)
