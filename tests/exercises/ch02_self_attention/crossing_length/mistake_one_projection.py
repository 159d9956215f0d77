"""a single projection is counted"""


def crossing_length():
    return [1792, 3584, 100 / 612]
