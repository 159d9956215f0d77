"""half a turn is counted as a whole one"""

import math


def longest_wavelength():
    return [math.pi, 30305.8, 103]
