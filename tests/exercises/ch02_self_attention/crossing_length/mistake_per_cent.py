"""the share is given in per cent"""


def crossing_length():
    return [1280, 2560, 6.112]
