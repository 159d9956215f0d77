"""outside the image it goes on at the other side: there should be zeros"""

import torch


def kernel_as_weights(kernel, height, width):
    k = kernel.shape[0]
    weights = torch.zeros(height * width, height * width)
    for row in range(height):
        for column in range(width):
            for a in range(k):
                for b in range(k):
                    y, x = row + a - k // 2, column + b - k // 2
                    weights[row * width + column, y % height * width + x % width] += kernel[a, b]
    return weights
