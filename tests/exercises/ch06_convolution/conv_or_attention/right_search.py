"""The crossing found by trying."""


def conv_or_attention():
    c = 64

    def convolution(n):
        return n * c * c * 3 * 3

    def attention(n):
        return n * c * c * 4 + n * n * c * 2

    n = 1
    while attention(n) <= convolution(n):
        n += 1
    return [convolution(32 * 32), attention(32 * 32), n]
