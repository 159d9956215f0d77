"""Whether two figures of a notebook show the same."""

from __future__ import annotations

import base64
from copy import deepcopy
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

LEVELS = 1  # of 256: another processor rounds the last bit otherwise, and a pixel at a line's edge shows it


def settle_matplotlib() -> None:
    """Let Matplotlib find its folder, and list the fonts, before a kernel starts.

    Where the home folder cannot be written to it makes a folder of its own and says so; through MPLCONFIGDIR, which it
    sets, the kernels take that one, and what it says does not stand in a cell.
    """
    import matplotlib.font_manager  # noqa: F401


def with_figures_of(test: list[Any], ref: list[Any]) -> list[Any]:
    """The stored outputs, but with the new figure wherever it shows the same as the stored one."""
    if len(test) != len(ref):
        return ref
    return [_with_figure_of(new, stored) for new, stored in zip(test, ref, strict=True)]


def _with_figure_of(new: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
    figures = [output.get("data", {}).get("image/png") for output in (new, stored)]
    if None in figures or not same_figure(*figures):
        return stored
    shown = deepcopy(stored)  # nbval wants the notebook's own kind of dict
    shown["data"]["image/png"] = figures[0]
    return shown


def same_figure(one: str, other: str) -> bool:
    """Whether two PNGs in base64 are of one size and no value of a pixel differs by more than ``LEVELS``."""
    first, second = (
        np.asarray(Image.open(BytesIO(base64.b64decode(png))).convert("RGBA"), int) for png in (one, other)
    )
    return first.shape == second.shape and bool(abs(first - second).max() <= LEVELS)
