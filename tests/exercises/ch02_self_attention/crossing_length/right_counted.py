"""Found by counting up, as a tensor."""

import torch


def crossing_length():
    def attention(width, length):
        return 3 * length * width**2 + 2 * length**2 * width

    crossings = []
    for width in (512, 1024):
        length = 1
        while attention(width, length) < 8 * length * width**2:
            length += 1
        crossings.append(length)
    return torch.tensor([*crossings, 2 * 50**2 * 512 / attention(512, 50)])
