"""additions are counted too"""


def conv_or_attention():
    n, c = 1024, 64
    return [18 * n * c * c, 4 * n * c * c + 2 * n * n * c, 161]
