"""Pixel by pixel."""


def centre_of_gaze(weights, height, width):
    total = weights.new_zeros(weights.shape[0], 2)
    for query in range(height * width):
        for key in range(height * width):
            step = weights.new_tensor([key // width - query // width, key % width - query % width])
            total += weights[:, query, key, None] * step
    return total / (height * width)
