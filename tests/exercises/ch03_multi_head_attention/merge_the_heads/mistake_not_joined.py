"""the last two axes were not joined: (B, N, h, d)"""


def merge_the_heads(x):
    return x.transpose(1, 2)
