"""The rows are not those of x in another order: some row is new, missing or repeated."""


def hidden_order(x):
    return 2 * x
