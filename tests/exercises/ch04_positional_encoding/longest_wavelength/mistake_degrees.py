"""a turn is taken to have 360 units: ω is in radians"""


def longest_wavelength():
    return [360.0, 3472776.0, 0]
