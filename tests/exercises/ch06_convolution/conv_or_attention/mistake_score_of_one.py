"""a score is counted as one multiplication: it is a dot product of 64"""


def conv_or_attention():
    n, c = 1024, 64
    return [9 * n * c * c, 4 * n * c * c + 2 * n * n, 161]
