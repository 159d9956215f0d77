"""the slowest pair is given first"""

import math


def longest_wavelength():
    return [2 * math.pi * 10000 ** (510 / 512), 2 * math.pi, 84]
