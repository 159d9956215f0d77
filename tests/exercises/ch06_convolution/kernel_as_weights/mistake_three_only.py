"""of 1225 numbers differ, first W[0, 2]"""

import torch


def kernel_as_weights(kernel, height, width):
    k = kernel.shape[0]
    weights = torch.zeros(height * width, height * width)
    for row in range(height):
        for column in range(width):
            for a in range(k):
                for b in range(k):
                    y, x = row + a - k // 2, column + b - k // 2
                    if abs(a - k // 2) > 1 or abs(b - k // 2) > 1:
                        continue
                    if 0 <= y < height and 0 <= x < width:
                        weights[row * width + column, y * width + x] = kernel[a, b]
    return weights
