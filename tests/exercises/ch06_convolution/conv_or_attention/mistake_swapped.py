"""the two counts stand in the wrong order"""


def conv_or_attention():
    n, c = 1024, 64
    return [4 * n * c * c + 2 * n * n * c, 9 * n * c * c, 161]
