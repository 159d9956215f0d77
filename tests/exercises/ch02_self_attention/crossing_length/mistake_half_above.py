"""half of the pairs' multiplications is left out above the line"""


def crossing_length():
    return [1280, 2560, 50 / 1636]
