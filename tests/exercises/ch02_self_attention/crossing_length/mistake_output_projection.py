"""an output projection is counted too"""


def crossing_length():
    return [1024, 2048, 100 / 2148]
