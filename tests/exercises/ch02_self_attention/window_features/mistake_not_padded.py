"""words whose window does not fit are left out"""


def window_features(x, reach):
    return x.unfold(1, 2 * reach + 1, 1).transpose(2, 3).flatten(2)
