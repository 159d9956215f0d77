"""the kernel is counted as 3, not 3 × 3"""


def conv_or_attention():
    n, c = 1024, 64
    return [3 * n * c * c, 4 * n * c * c + 2 * n * n * c, 161]
