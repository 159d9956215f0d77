"""the pairs of pixels are forgotten"""


def conv_or_attention():
    n, c = 1024, 64
    return [9 * n * c * c, 4 * n * c * c, 161]
