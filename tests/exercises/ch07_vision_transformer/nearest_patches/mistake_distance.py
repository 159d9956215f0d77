"""rows are compared by distance: a short row near the origin wins"""

import torch


def nearest_patches(first, second):
    distance, index = torch.cdist(first, second).min(dim=-1)
    return index, distance
