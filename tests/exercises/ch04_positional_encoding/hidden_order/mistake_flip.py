"""It reads the same backwards: turning it round changes nothing."""


def hidden_order(x):
    return x.flip(0)
