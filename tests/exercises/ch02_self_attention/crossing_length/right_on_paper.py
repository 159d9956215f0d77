"""Worked out on paper."""


def crossing_length():
    return 1280, 2560, 0.061
