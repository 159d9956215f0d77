"""Worked out on paper."""


def conv_or_attention():
    return [37_748_736, 150_994_944, 161]
