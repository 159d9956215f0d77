"""a row of pixels is taken to be as long as the image is high: number y · width + x"""

import torch


def kernel_as_weights(kernel, height, width):
    k, n = kernel.shape[0], height * width
    weights = torch.zeros(n, n)
    for row in range(height):
        for column in range(width):
            for a in range(k):
                for b in range(k):
                    y, x = row + a - k // 2, column + b - k // 2
                    if 0 <= y < height and 0 <= x < width:
                        weights[row * height + column, y * height + x] = kernel[a, b]
    return weights
