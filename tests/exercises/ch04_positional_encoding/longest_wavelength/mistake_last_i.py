"""the last i is given: counted from 0, there is one pair more"""

import math


def longest_wavelength():
    return [2 * math.pi, 2 * math.pi * 10000 ** (510 / 512), 83]
