"""the exponent is i/D instead of 2i/D"""

import math


def longest_wavelength():
    return [2 * math.pi, 2 * math.pi * 10000 ** (255 / 512), 168]
