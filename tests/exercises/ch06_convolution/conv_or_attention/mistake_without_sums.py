"""only the scores are counted, without the weighted sums: N > 5 C"""


def conv_or_attention():
    n, c = 1024, 64
    return [9 * n * c * c, 4 * n * c * c + 2 * n * n * c, 321]
