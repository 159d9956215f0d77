"""the crossing stays where it was"""


def crossing_length():
    return [1280, 1280, 100 / 1636]
