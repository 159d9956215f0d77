"""The formula as a sum."""

import math


def field_of_stack(layers):
    strides = [stride for _, stride, _ in layers]
    return 1 + sum((k - 1) * d * math.prod(strides[:i]) for i, (k, _, d) in enumerate(layers))
