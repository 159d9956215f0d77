"""A figure to touch: what one output pixel of a stack of convolutions can see, beside one layer of attention."""

from __future__ import annotations

from typing import Any

import traitlets
from torch import Tensor

from course_attn._checks import check_axes, describe, error
from course_attn.widgets._code import script, style
from course_attn.widgets._figure import Figure, counted
from course_attn.widgets._values import check_shares, packed

SIDE = 32  # pixels of the picture along one side; the same numbers stand in the JavaScript
KERNELS = (1, 3, 5, 7)
DEEPEST = 8
STRIDES = (1, 2)


class ReceptiveField(Figure):
    """Choose kernel, depth, stride and a pixel; see what the stack sees from there, and along how many paths.

    Everything is computed in JavaScript, so the figure works on a page without a kernel.

    Args:
        kernel: ``k``, side of every layer's kernel; one of 1, 3, 5, 7. Each layer is padded by ``k // 2``.
        depth: layers, from 1 to 8.
        stride: of every layer, 1 or 2.
        row: of the pixel that was chosen, from 0 to 31.
        column: likewise.
        picture: ``(32, 32)``, grey from 0 to 1; a plain grey if left out.

    Raises:
        ValueError: something does not fit, at the start or when it is set later.

    Chapter: Convolution and self-attention.
    """

    _esm = script("field_of_pixel", "controls", "pictures")
    _css = style("field_of_pixel", "receptive-field")

    kernel = traitlets.Int(3).tag(sync=True)
    depth = traitlets.Int(3).tag(sync=True)
    stride = traitlets.Int(1).tag(sync=True)
    row = traitlets.Int(16).tag(sync=True)
    column = traitlets.Int(16).tag(sync=True)
    pixels = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        kernel: int = 3,
        depth: int = 3,
        stride: int = 1,
        row: int = 16,
        column: int = 16,
        picture: Tensor | None = None,
        **options: Any,
    ) -> None:
        chosen = {"kernel": kernel, "depth": depth, "stride": stride, "row": row, "column": column}
        checked = {name: _allowed(name, value) for name, value in chosen.items()}
        super().__init__(**checked, pixels=_bytes(picture), **options)

    def contents(self) -> str:
        return f"{counted(self.depth, 'layer')} of {self.kernel} x {self.kernel}, stride {self.stride}"

    @traitlets.validate("kernel", "depth", "stride", "row", "column")
    def _check(self, proposal: Any) -> int:
        return _allowed(proposal["trait"].name, proposal["value"])


def _allowed(name: str, value: Any) -> int:
    choices = {"kernel": KERNELS, "depth": range(1, DEEPEST + 1), "stride": STRIDES}.get(name, range(SIDE))
    if isinstance(value, bool) or not isinstance(value, int) or value not in choices:
        wanted = f"from {choices[0]} to {choices[-1]}" if isinstance(choices, range) else f"one of {str(choices)[1:-1]}"
        raise error("ReceptiveField", name, wanted, describe(value))
    return value


def _bytes(picture: Tensor | None) -> str:
    """One byte a pixel, row by row; nothing for no picture."""
    if picture is None:
        return ""
    check_axes("ReceptiveField", "picture", picture, SIDE, SIDE)
    check_shares("ReceptiveField", "picture", picture)
    return packed(picture)
