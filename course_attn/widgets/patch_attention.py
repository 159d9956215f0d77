"""A figure to touch: choose a patch of a photo, see what it attends to, in every layer and head of a trained model."""

from __future__ import annotations

from typing import Any

import torch
import traitlets
from torch import Tensor
from torch.nn import functional as F

from course_attn._checks import check_axes, error
from course_attn.widgets._code import script, style
from course_attn.widgets._figure import Figure, counted
from course_attn.widgets._values import check_below, check_shares, packed_picture, text_of

LEVELS = 15  # a weight is kept in 4 bits, as a share of the largest of its row
LARGEST = 65_535  # that largest is kept in 16 bits


class PatchAttention(Figure):
    """Click a patch, or take the class token; the map beside the photo shows where it looks.

    The weights are computed in Python, once, and carried with 4 bits each; everything else happens in JavaScript, so
    the figure works on a page without a kernel.

    Args:
        picture: ``(3, H, W)``, from 0 to 1.
        weights: ``(layers, h, 1 + N, 1 + N)``, class token first.
        grid: ``(rows, columns)`` of patches, N in all.
        presets: name → ``(row, column)`` of patches worth choosing.
        layer: the one shown at the start, counted from 0; shown counted from 1.
        head: likewise.
        query: 0 for the class token, 1 and more for the patches row by row.

    Raises:
        ValueError: something does not fit, at the start or when it is set later.

    Chapter: Vision transformer.
    """

    _esm = script("patch_attention", "controls", "pictures", "photo")
    _css = style("patch_attention", "patch-attention")

    layer = traitlets.Int(0).tag(sync=True)
    head = traitlets.Int(0).tag(sync=True)
    query = traitlets.Int(0).tag(sync=True)
    num_layers = traitlets.Int().tag(sync=True)
    num_heads = traitlets.Int().tag(sync=True)
    grid = traitlets.List(traitlets.Int()).tag(sync=True)
    size = traitlets.List(traitlets.Int()).tag(sync=True)
    presets = traitlets.Dict().tag(sync=True)
    pixels = traitlets.Unicode("").tag(sync=True)
    map_bytes = traitlets.List(traitlets.Unicode()).tag(sync=True)  # one text, base64

    def __init__(
        self,
        picture: Tensor,
        weights: Tensor,
        grid: tuple[int, int],
        presets: dict[str, tuple[int, int]],
        *,
        layer: int = 0,
        head: int = 0,
        query: int = 0,
        **options: Any,
    ) -> None:
        rows, columns = grid
        tokens = 1 + rows * columns
        check_axes("PatchAttention", "picture", picture, 3, "H", "W")
        check_axes("PatchAttention", "weights", weights, "layers", "h", tokens, tokens)
        check_shares("PatchAttention", "picture", picture)
        check_shares("PatchAttention", "weights", weights)
        for name, (row, column) in presets.items():
            if not (0 <= row < rows and 0 <= column < columns):
                raise error("PatchAttention", name, f"a patch of the {rows} x {columns} grid", f"{(row, column)}")
        super().__init__(
            num_layers=weights.shape[0],
            num_heads=weights.shape[1],
            grid=[rows, columns],
            size=list(picture.shape[1:]),
            presets={name: list(place) for name, place in presets.items()},
            pixels=packed_picture(picture),
            map_bytes=[text_of(packed(weights))],
            **options,
        )
        self.layer, self.head, self.query = layer, head, query

    def contents(self) -> str:
        rows, columns = self.grid
        return f"{rows} x {columns} patches, {counted(self.num_layers, 'layer')} of {counted(self.num_heads, 'head')}"

    @traitlets.validate("layer", "head", "query")
    def _check(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        if not self.grid:  # the trait's own start, before the figure has a size
            return value
        rows, columns = self.grid
        count = {"layer": self.num_layers, "head": self.num_heads, "query": 1 + rows * columns}[name]
        return check_below("PatchAttention", name, value, count)


def packed(weights: Tensor) -> Tensor:
    """Rows of weights as bytes: the row's largest in two bytes, high one first, then two weights to a byte."""
    rows = weights.detach().to("cpu", torch.float64).flatten(0, -2)  # (rows, tokens)
    largest = (rows.amax(-1, keepdim=True) * LARGEST).round()
    shares = rows / rows.amax(-1, keepdim=True).clamp(min=1e-12)
    levels = (shares * LEVELS).round().to(torch.uint8)  # (rows, tokens)
    levels = F.pad(levels, (0, levels.shape[-1] % 2))
    return torch.cat(
        [(largest // 256).to(torch.uint8), (largest % 256).to(torch.uint8), levels[:, ::2] * 16 + levels[:, 1::2]],
        dim=-1,
    )
