"""the heads are stacked below each other, along the places, instead of side by side"""

import torch


def merge_the_heads(x):
    return torch.cat(list(x.unbind(1)), dim=1)
