"""the frequency is given in turns per place, not the wavelength in places"""

import math


def longest_wavelength():
    return [1 / (2 * math.pi), 1 / 60611.0, 84]
