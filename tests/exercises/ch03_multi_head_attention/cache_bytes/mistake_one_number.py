"""The function must return three numbers, got"""


def cache_bytes():
    return 135.0
