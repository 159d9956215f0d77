"""The first row changes places with one that differs from it."""


def hidden_order(x):
    other = int((x != x[0]).any(dim=1).nonzero()[0])
    order = list(range(len(x)))
    order[0], order[other] = other, 0
    return x[order]
