"""at the end of a row the kernel reaches into the next row: outside the image there are zeros"""

import torch


def kernel_as_weights(kernel, height, width):
    k = kernel.shape[0]
    weights = torch.zeros(height * width, height * width)
    for row in range(height):
        for column in range(width):
            for a in range(k):
                for b in range(k):
                    y, x = row + a - k // 2, column + b - k // 2
                    if 0 <= y * width + x < height * width:
                        weights[row * width + column, y * width + x] = kernel[a, b]
    return weights
