"""Every patch is changed, with a vector from the null space found by QR."""

import torch


def twin_image(image, weight, patch_size):
    p = patch_size
    d = weight.shape[0]
    q = torch.linalg.qr(weight.T.double(), mode="complete").Q
    unseen = q[:, d].to(weight.dtype)
    tiles = unseen.view(p, p).repeat(image.shape[0] // p, image.shape[1] // p)
    return image + 3 * tiles
