"""A figure to touch: sinusoidal positions as a table, as clocks, and as a dot product that falls with distance."""

from __future__ import annotations

import math
from typing import Any

import traitlets

from course_attn._checks import check_count, describe, error
from course_attn.widgets._code import script, style
from course_attn.widgets._figure import Figure

PLACES = 128  # drawn; the same number stands in the JavaScript
WIDTHS = (4, 8, 16, 32, 64, 128)  # the stops of the width's slider
SMALLEST, LARGEST = 1.0, 1e6  # the ends of the base's slider


class PositionWaves(Figure):
    """Choose width, base and place; see the table, the clocks of that place, and which places resemble it.

    Everything is computed in JavaScript, so the figure works on a page without a kernel.

    Args:
        width: ``D``, the width of the encoding; one of 4, 8, 16, 32, 64, 128.
        base: sets the longest wavelength; from 1 to 1 000 000.
        place: the place that is looked at, from 0 to 127.

    Raises:
        ValueError: a number does not fit, at the start or when it is set later.

    Chapter: Positional encoding.
    """

    _esm = script("position_waves", "controls", "pictures")
    _css = style("position_waves", "position-waves")

    width = traitlets.Int(32).tag(sync=True)
    base = traitlets.Float(10000.0).tag(sync=True)
    place = traitlets.Int(40).tag(sync=True)

    def __init__(self, width: int = 32, base: float = 10000.0, place: int = 40, **options: Any) -> None:
        super().__init__(width=_width(width), base=_base(base), place=_place(place), **options)

    def contents(self) -> str:
        return f"width {self.width}, base {self.base:g}"

    @traitlets.validate("width")
    def _check_width(self, proposal: Any) -> int:
        return _width(proposal["value"])

    @traitlets.validate("base")
    def _check_base(self, proposal: Any) -> float:
        return _base(proposal["value"])

    @traitlets.validate("place")
    def _check_place(self, proposal: Any) -> int:
        return _place(proposal["value"])


def _width(value: Any) -> int:
    check_count("PositionWaves", "width", value)
    if value not in WIDTHS:
        raise error("PositionWaves", "width", f"one of {', '.join(map(str, WIDTHS))}", str(value))
    return int(value)


def _base(value: Any) -> float:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not number or not SMALLEST <= value <= LARGEST:
        raise error("PositionWaves", "base", f"from {SMALLEST:g} to {LARGEST:,.0f}".replace(",", " "), describe(value))
    return float(value)


def _place(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < PLACES:
        raise error("PositionWaves", "place", f"a whole number from 0 to {PLACES - 1}", describe(value))
    return value
