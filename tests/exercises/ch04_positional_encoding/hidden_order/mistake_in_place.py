"""The function changed its argument `x` in place"""


def hidden_order(x):
    x[[0, 1]] = x[[1, 0]]
    return x
