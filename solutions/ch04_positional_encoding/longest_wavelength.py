r"""Wavelengths.

Before you plot anything: the sinusoidal encoding of width D = 512 has 256 pairs of columns, with frequencies
$\omega_i = 10000^{-2i/512}$ radians for each place, $i = 0, 1, \dots, 255$. The wavelength of a pair is the
number of places (a real number) after which it has turned round once.

1. What is the wavelength of the fastest pair?
2. What is the wavelength of the slowest pair?
3. How many of the 256 pairs turn round at least once within 128 places?

`longest_wavelength()` returns the three numbers as a list, in this order; the first to two decimals, the
second to within 1, the third exactly. You may use `torch` and `math`; a calculator is enough. No pair is as
slow as the base 10000 suggests at first sight, and none as fast as one place:

>>> fastest, slowest, turning = longest_wavelength()
>>> 1 < fastest < slowest < 2 * 3.1416 * 10000
True
"""

import math


def longest_wavelength() -> list[float]:
    """Shortest wavelength, longest wavelength, pairs that turn within 128 places."""
    # BEGIN SOLUTION
    wavelengths = [2 * math.pi * 10000 ** (2 * i / 512) for i in range(256)]  # a full turn is 2π
    return [wavelengths[0], wavelengths[-1], sum(length <= 128 for length in wavelengths)]
    # END SOLUTION
