"""a number is taken to have 4 bytes, as in float32"""


def cache_bytes():
    return [270, 90, 30]
