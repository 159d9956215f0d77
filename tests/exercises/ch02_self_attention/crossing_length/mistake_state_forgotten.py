"""the LSTM's gates are given one matrix each"""


def crossing_length():
    return [256, 512, 100 / 1636]
