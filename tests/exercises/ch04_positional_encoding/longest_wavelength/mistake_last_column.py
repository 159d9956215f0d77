"""the exponent is (2i + 1)/D, that of the last column: sine and cosine of a pair share 2i/D"""

import math


def longest_wavelength():
    return [2 * math.pi, 2 * math.pi * 10000 ** (511 / 512), 84]
