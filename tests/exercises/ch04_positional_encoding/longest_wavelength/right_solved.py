"""The third solved for i."""

import math


def longest_wavelength():
    last = 256 * math.log(128 / (2 * math.pi)) / math.log(10000)
    return [2 * math.pi, 2 * math.pi * 10000 ** (255 / 256), math.floor(last) + 1]
