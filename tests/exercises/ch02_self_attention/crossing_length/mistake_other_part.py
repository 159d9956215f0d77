"""the share of the projections is given"""


def crossing_length():
    return [1280, 2560, 0.939]
