"""weights are counted, tokens × tokens: the cache holds rows of keys and values"""


def cache_bytes():
    return [30 * heads * 2048 * 2048 * 2 / 2**20 for heads in (9, 3, 1)]
