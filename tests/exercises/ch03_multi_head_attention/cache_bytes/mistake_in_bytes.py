"""bytes are given, not MiB"""


def cache_bytes():
    return [141557760, 47185920, 15728640]
