"""What figures carry beside their code: checked numbers, and tensors as bytes in base64."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from course_attn._checks import describe, error

STEPS = 255  # a weight or a pixel is kept as one byte: wrong by 0.002 at most
LONGEST = 40  # tokens, so that a sentence or a row of its map still has room on a phone


def text_of(values: Tensor) -> str:
    """Whole numbers from 0 to 255 as bytes, in base64."""
    return base64.b64encode(values.to("cpu", torch.uint8).contiguous().numpy().tobytes()).decode("ascii")


def packed(shares: Tensor) -> str:
    """Numbers from 0 to 1 (weights, pixels) as one byte each, in base64."""
    return text_of((shares.detach().to("cpu", torch.float64) * STEPS).round())


def packed_picture(picture: Tensor) -> str:
    """A picture ``(3, H, W)`` as bytes, the three colours of a pixel together."""
    return packed(picture.movedim(0, -1))


def check_shares(where: str, name: str, values: Tensor) -> None:
    """Require numbers from 0 to 1; NaN may not pass either."""
    if not bool(((values >= 0) & (values <= 1)).all()):
        raise error(where, name, "from 0 to 1", f"{values.min():.3g} to {values.max():.3g}")


def check_below(where: str, name: str, value: Any, count: int) -> int:
    """Require the number of one of ``count`` things, counted from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < count:
        raise error(where, name, f"from 0 to {count - 1}", describe(value))
    return value


def check_maps(where: str, maps: Sequence[tuple[Sequence[str], Tensor]]) -> tuple[int, int]:
    """Number of layers and of heads of the weights ``(layers, h, N, N)``; every sentence must have the same."""
    if not maps:
        raise error(where, "maps", "at least one sentence", "none")
    layers, heads = 0, 0
    for i, (tokens, weights) in enumerate(maps):
        name = f"maps[{i}]"
        if not isinstance(weights, Tensor) or weights.dim() != 4:
            raise error(where, name, "weights of shape (layers, h, N, N)", describe(weights))
        layers, heads = (layers, heads) if i else (weights.shape[0], weights.shape[1])
        wanted = (layers, heads, len(tokens), len(tokens))
        if tuple(weights.shape) != wanted:
            raise error(where, name, f"of shape {wanted}", describe(weights))
        if not 1 <= len(tokens) <= LONGEST:
            raise error(where, name, f"of 1 to {LONGEST} tokens", str(len(tokens)))
        check_shares(where, name, weights)
    return layers, heads
