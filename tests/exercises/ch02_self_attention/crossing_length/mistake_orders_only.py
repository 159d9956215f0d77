"""N² D is set equal to N D²"""


def crossing_length():
    return [512, 1024, 50 / 512]
