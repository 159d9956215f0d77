"""every output channel looks at one input channel only: it looks at all 64"""


def conv_or_attention():
    n, c = 1024, 64
    return [9 * n * c, 4 * n * c * c + 2 * n * n * c, 161]
