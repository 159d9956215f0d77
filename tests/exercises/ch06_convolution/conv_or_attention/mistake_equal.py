"""at this number both need the same: attention needs more from the next on"""


def conv_or_attention():
    n, c = 1024, 64
    return [9 * n * c * c, 4 * n * c * c + 2 * n * n * c, 160]
