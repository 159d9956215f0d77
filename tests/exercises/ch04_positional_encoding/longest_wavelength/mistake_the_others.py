"""the pairs that do not turn round are counted"""

import math


def longest_wavelength():
    return [2 * math.pi, 2 * math.pi * 10000 ** (510 / 512), 172]
