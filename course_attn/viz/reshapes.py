"""A tensor before and after each reshaping, every cell with its name: where do the numbers go?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from course_attn._checks import error
from course_attn.viz import _inputs, style

BETWEEN = 0.55  # cells between two slices of one tensor
LIGHT = 0.72  # how far a group's colour is moved towards the card, so that names stay readable


def reshape_steps(
    tensors: Sequence[Any],
    labels: Sequence[str],
    operators: Sequence[str],
    names: Sequence[Any],
    groups: Sequence[int],
    ax: Axes | None = None,
    *,
    notes: Sequence[str | None] | None = None,
) -> Axes:
    """Draw the same cells in several shapes side by side, so that one can follow each of them.

    Fill a tensor with the numbers 0 to n − 1, reshape it, and hand over every stage: a cell keeps its name and its
    group's colour and hatching wherever it goes.

    Args:
        tensors: stages of shape (rows, columns), or (slices, rows, columns) with slices one below the other; each
            holds every number from 0 to n − 1 once.
        labels: one name for each stage.
        operators: what stands between neighbours, one fewer than stages.
        names: n names, what to write into cell 0, 1, …
        groups: n whole numbers from 0, which cells belong together (such as a head).
        ax: axes to draw on; a new figure when None.
        notes: text under each shape, such as "(N, D)"; None for no text.

    Returns:
        The axes.

    Raises:
        ValueError: the lists do not fit each other, or a stage does not hold each cell once.
    """
    where = "reshape_steps"
    count = len(tensors)
    if count == 0:
        raise error(where, "tensors", "at least one stage", "an empty list")
    stages = [_stage(where, f"tensors[{i}]", tensor, len(names)) for i, tensor in enumerate(tensors)]
    titles = _inputs.labels(where, "labels", labels, count) or []
    signs = _inputs.labels(where, "operators", operators, count - 1) or []
    texts = _inputs.labels(where, "names", names, len(names)) or []
    if len(groups) != len(texts) or not all(0 <= group < len(style.PALETTE) for group in groups):
        raise error(where, "groups", f"{len(texts)} numbers from 0 to {len(style.PALETTE) - 1}", str(list(groups)))
    under = [None] * count if notes is None else list(notes)
    if len(under) != count:
        raise error(where, "notes", f"a list of {count} notes", str(len(under)))

    gaps = [max(1.6, 0.7 + 0.24 * max(map(len, sign.split("\n")))) for sign in signs]
    tallest = max(_height(stage) for stage in stages)
    total = sum(stage.shape[2] for stage in stages) + sum(gaps)
    if ax is None:
        cell = min(0.45, (style.WIDTH - 0.3) / (total + 0.6))
        ax = style.new_axes(height=max(1.6, cell * tallest + 1.1))
    left = 0.0
    for i, stage in enumerate(stages):
        top = (tallest + _height(stage)) / 2
        _draw(ax, stage, left, top, texts, groups)
        middle, bottom = left + stage.shape[2] / 2, top - _height(stage)
        above: Any = {"textcoords": "offset points", "ha": "center"}
        ax.annotate(titles[i], (middle, top), (0, 5), va="bottom", fontsize=12, fontweight="bold", **above)
        shape = " × ".join(str(size) for size in np.shape(tensors[i]))
        note = shape if under[i] is None else f"{shape}\n{under[i]}"
        ax.annotate(note, (middle, bottom), (0, -5), va="top", fontsize=10.5, **above)
        left += stage.shape[2]
        if i < count - 1:
            ax.text(left + gaps[i] / 2, tallest / 2, signs[i], ha="center", va="center", fontsize=10.5)
            left += gaps[i]
    ax.set_xlim(-0.3, left + 0.3)
    ax.set_ylim(-0.1, tallest + 0.1)
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def _stage(where: str, name: str, tensor: Any, cells: int) -> np.ndarray:
    """Cell numbers (slices, rows, columns); one slice for a matrix."""
    numbers = _inputs.array(where, name, tensor)
    if numbers.ndim not in (2, 3):
        raise error(where, name, "of shape (rows, columns) or (slices, rows, columns)", f"shape {numbers.shape}")
    if sorted(numbers.ravel().tolist()) != list(range(cells)):
        raise error(where, name, f"the numbers 0 to {cells - 1}, each once", f"shape {numbers.shape}")
    whole = numbers.astype(int)
    return whole if whole.ndim == 3 else whole[None]


def _height(stage: np.ndarray) -> float:
    return stage.shape[0] * stage.shape[1] + (stage.shape[0] - 1) * BETWEEN


def _draw(ax: Axes, stage: np.ndarray, left: float, top: float, texts: list[str], groups: Sequence[int]) -> None:
    slices, rows, columns = stage.shape
    for s in range(slices):
        for r in range(rows):
            for c in range(columns):
                number = int(stage[s, r, c])
                bottom = top - s * (rows + BETWEEN) - r - 1
                _cell(ax, left + c, bottom, texts[number], groups[number])


def _cell(ax: Axes, left: float, bottom: float, text: str, group: int) -> None:
    colour, card = np.array(to_rgb(style.PALETTE[group])), np.array(to_rgb(style.CARD))
    light = tuple(colour + LIGHT * (card - colour))
    paler = tuple(colour + 0.45 * (card - colour))
    ax.add_patch(Rectangle((left, bottom), 1, 1, facecolor=light, edgecolor=paler, hatch=style.HATCHES[group], lw=0))
    ax.add_patch(Rectangle((left, bottom), 1, 1, fill=False, edgecolor=style.CARD, lw=1.5))
    halo: Any = {"boxstyle": "round,pad=0.12", "facecolor": light, "edgecolor": "none"}
    ax.text(left + 0.5, bottom + 0.5, text, ha="center", va="center", fontsize=9.5, color=style.INK, bbox=halo)
