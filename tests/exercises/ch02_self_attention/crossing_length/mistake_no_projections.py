"""the queries, keys and values are taken as free"""


def crossing_length():
    return [2048, 4096, 1.0]
