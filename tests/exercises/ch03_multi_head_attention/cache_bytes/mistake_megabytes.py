"""millions of bytes are given: a MiB is 2²⁰ = 1 048 576 bytes"""


def cache_bytes():
    return [141.56, 47.19, 15.73]
