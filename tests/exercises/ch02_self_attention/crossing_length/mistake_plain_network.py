"""that is a plain recurrent network"""


def crossing_length():
    return [-256, -512, 100 / 1636]
