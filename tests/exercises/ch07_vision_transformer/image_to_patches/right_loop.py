"""A loop over the patches."""

import torch


def image_to_patches(images, patch_size):
    b, c, h, w = images.shape
    p = patch_size
    patches = []
    for y in range(0, h, p):
        for x in range(0, w, p):
            patches.append(images[:, :, y : y + p, x : x + p].flatten(1))
    return torch.stack(patches, dim=1)
