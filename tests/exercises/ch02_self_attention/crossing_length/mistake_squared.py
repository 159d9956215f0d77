"""the crossing moves with D²"""


def crossing_length():
    return [1280, 5120, 100 / 1636]
