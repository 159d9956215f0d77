"""the pairs are divided by the rest"""


def crossing_length():
    return [1280, 2560, 0.065]
