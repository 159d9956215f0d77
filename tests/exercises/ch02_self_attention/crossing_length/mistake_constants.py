"""N is divided by D"""


def crossing_length():
    return [1280, 2560, 50 / 512]
