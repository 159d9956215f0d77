"""The columns were permuted: they are the entries of a word, not its place, and weights tell them apart."""


def hidden_order(x):
    return x.flip(1)
