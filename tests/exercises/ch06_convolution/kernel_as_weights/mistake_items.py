"""no gradient flows back from the result to the arguments"""

import torch


def kernel_as_weights(kernel, height, width):
    k = kernel.shape[0]
    weights = torch.zeros(height * width, height * width)
    for row in range(height):
        for column in range(width):
            for a in range(k):
                for b in range(k):
                    y, x = row + a - k // 2, column + b - k // 2
                    if 0 <= y < height and 0 <= x < width:
                        weights[row * width + column, y * width + x] = kernel[a, b].item()
    return weights
