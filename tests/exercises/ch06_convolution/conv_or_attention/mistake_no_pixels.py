"""the pixels are left out: the kernel's numbers are used once for each"""


def conv_or_attention():
    n, c = 1024, 64
    return [9 * c * c, 4 * n * c * c + 2 * n * n * c, 161]
