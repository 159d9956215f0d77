"""the queries are counted too: they are used once and never kept"""


def cache_bytes():
    return [135 + 67.5, 45 + 67.5, 15 + 67.5]
