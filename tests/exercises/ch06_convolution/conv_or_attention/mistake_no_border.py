"""the pixels at the border are left out: with padding they are computed as well"""


def conv_or_attention():
    n, c = 1024, 64
    return [30 * 30 * 9 * c * c, 4 * n * c * c + 2 * n * n * c, 161]
