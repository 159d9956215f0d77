"""i is taken to reach 256, and 2π is left out"""

import math


def longest_wavelength():
    return [2 * math.pi, 10000, 84]
