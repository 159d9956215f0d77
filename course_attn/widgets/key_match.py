"""A figure to touch: choose a patch of a photo, see which other patches have a key like its own."""

from __future__ import annotations

from typing import Any

import torch
import traitlets
from torch import Tensor
from torch.nn import functional as F

from course_attn._checks import check_axes, check_count, error
from course_attn.widgets._code import script, style
from course_attn.widgets._figure import Figure
from course_attn.widgets._values import check_below, check_shares, packed_picture, text_of


class KeyMatch(Figure):
    """Click a patch; the likeness of every other patch's key (the cosine) is drawn beside the photo.

    The keys travel as bytes, turned to the axes along which they differ most and cut to ``width`` of them; the
    cosines are computed in JavaScript, so the figure works on a page without a kernel.

    Args:
        picture: ``(3, H, W)``, from 0 to 1.
        key_vectors: ``(rows, columns, D)``, one key for each patch.
        presets: name → ``(row, column)`` of patches worth choosing; the first is shown.
        width: how many numbers of each key travel, at most ``D``.

    Raises:
        ValueError: something does not fit, at the start or when it is set later.

    Chapter: Convolution and self-attention.
    """

    _esm = script("key_match", "controls", "pictures", "photo")
    _css = style("key_match", "key-match")

    row = traitlets.Int(0).tag(sync=True)
    column = traitlets.Int(0).tag(sync=True)
    grid = traitlets.List(traitlets.Int()).tag(sync=True)
    size = traitlets.List(traitlets.Int()).tag(sync=True)
    presets = traitlets.Dict().tag(sync=True)
    pixels = traitlets.Unicode("").tag(sync=True)
    map_bytes = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        picture: Tensor,
        key_vectors: Tensor,
        presets: dict[str, tuple[int, int]],
        width: int = 48,
        **options: Any,
    ) -> None:
        check_axes("KeyMatch", "picture", picture, 3, "H", "W")
        check_axes("KeyMatch", "key_vectors", key_vectors, "rows", "columns", "D")
        check_count("KeyMatch", "width", width)
        check_shares("KeyMatch", "picture", picture)
        grid = key_vectors.shape[:2]
        if not presets:
            raise error("KeyMatch", "presets", "at least one named patch", "none")
        chosen = {name: [check_below("KeyMatch", name, value, side) for value, side in zip(place, grid, strict=True)]
                  for name, place in presets.items()}  # fmt: skip
        first = next(iter(chosen.values()))
        super().__init__(
            row=first[0],
            column=first[1],
            grid=list(grid),
            size=list(picture.shape[1:]),
            presets=chosen,
            pixels=packed_picture(picture),
            map_bytes=[text_of(packed(key_vectors, width))],
            **options,
        )

    def contents(self) -> str:
        return f"{self.grid[0]} x {self.grid[1]} patches, at {self.row}, {self.column}"

    @traitlets.validate("row", "column")
    def _check(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        if not self.grid:  # the trait's own start, before the figure has a size
            return value
        return check_below("KeyMatch", name, value, self.grid[name == "column"])


def packed(key_vectors: Tensor, width: int) -> Tensor:
    """Keys ``(rows, columns, D)`` as bytes ``(N, width)``: 128 stands for 0, a unit vector's entries for ±127.

    The axes are the first right singular vectors of the normalised keys, which keep their products best.
    """
    unit = F.normalize(key_vectors.detach().to("cpu", torch.float64).flatten(0, 1), dim=-1)  # (N, D)
    _, _, axes = torch.linalg.svd(unit, full_matrices=False)
    short = F.normalize(unit @ axes[:width].T, dim=-1)  # (N, width)
    return (127 * short + 128).round().to(torch.uint8)
