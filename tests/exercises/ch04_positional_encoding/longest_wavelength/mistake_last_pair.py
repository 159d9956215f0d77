"""i is taken to reach 256: the last of 256 pairs has i = 255"""

import math


def longest_wavelength():
    return [2 * math.pi, 2 * math.pi * 10000, 84]
