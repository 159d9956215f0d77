"""the crossing moves to the shorter side"""


def crossing_length():
    return [1280, 640, 100 / 1636]
