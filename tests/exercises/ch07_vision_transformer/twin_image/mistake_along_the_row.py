"""The change runs along the first row of the image: the numbers of a patch stand in a square."""

import torch


def twin_image(image, weight, patch_size):
    p = patch_size
    unseen = torch.linalg.svd(weight, full_matrices=True).Vh[-1]
    twin = image.clone()
    twin.view(-1)[: p * p] += p * unseen
    return twin
