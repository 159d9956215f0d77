"""A row of matrices with operators between them: the attention formula as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_attn._checks import error
from course_attn.viz import _inputs, style

GAP = 1.9  # cells between two matrices: room for the operator


def matrix_row(
    matrices: Sequence[Any],
    labels: Sequence[str],
    operators: Sequence[str],
    ax: Axes | None = None,
    *,
    weights: Sequence[int] = (),
    notes: Sequence[str | None] | None = None,
) -> Axes:
    """Draw matrices side by side, all with cells of one size, each with its name above and its shape below.

    ``matrix_row([q, k.T, scores], ["Q", "Kᵀ", "scores"], ["@", "="])`` shows why the inner sizes must agree:
    a side that must match has the same length in the picture.

    Args:
        matrices: the matrices, each (rows, columns).
        labels: one name for each.
        operators: what stands between neighbours, one fewer than matrices ("@", "=", "softmax →").
        ax: axes to draw on; a new figure when None.
        weights: positions of the matrices that hold weights: drawn on the fixed 0–1 scale. The others get
            two-ended colours, symmetric about 0.
        notes: text under each shape, such as "(N, d)"; None for no text.

    Returns:
        The axes.

    Raises:
        ValueError: the lists do not fit each other, or an entry is not a finite matrix.
    """
    where = "matrix_row"
    count = len(matrices)
    if count == 0:
        raise error(where, "matrices", "at least one matrix", "an empty list")
    tables = [_inputs.matrix(where, f"matrices[{i}]", m) for i, m in enumerate(matrices)]
    names = _inputs.labels(where, "labels", labels, count) or []
    signs = _inputs.labels(where, "operators", operators, count - 1) or []
    under = [None] * count if notes is None else list(notes)
    if len(under) != count:
        raise error(where, "notes", f"a list of {count} notes", str(len(under)))
    if any(i not in range(count) for i in weights):
        raise error(where, "weights", f"positions from 0 to {count - 1}", str(list(weights)))

    tallest = max(table.shape[0] for table in tables)
    gaps = [max(GAP, 0.75 + 0.62 * len(sign)) for sign in signs]
    total = sum(table.shape[1] for table in tables) + sum(gaps)
    if ax is None:
        cell = min(0.42, (style.WIDTH - 0.3) / (total + 0.6))
        ax = style.new_axes(height=max(1.5, cell * tallest + 1.1))

    left = 0.0
    for i, table in enumerate(tables):
        height, width = table.shape
        bottom = (tallest - height) / 2
        _draw_table(ax, table, left, bottom, is_weights=i in weights)
        middle = left + width / 2
        ax.annotate(
            names[i],
            (middle, bottom + height),
            (0, 5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=12,
            fontweight="bold",
        )
        shape = f"{height} × {width}"
        text = shape if under[i] is None else f"{shape}\n{under[i]}"
        ax.annotate(text, (middle, bottom), (0, -5), textcoords="offset points", ha="center", va="top", fontsize=10.5)
        left += width
        if i < count - 1:
            ax.text(left + gaps[i] / 2, tallest / 2, signs[i], ha="center", va="center", fontsize=12)
            left += gaps[i]
    ax.set_xlim(-0.3, left + 0.3)
    ax.set_ylim(-0.1, tallest + 0.1)
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def _draw_table(ax: Axes, table: np.ndarray, left: float, bottom: float, *, is_weights: bool) -> None:
    height, width = table.shape
    edges = (left, left + width, bottom, bottom + height)
    largest = float(np.abs(table).max()) or 1.0
    colours, low, high = (style.WEIGHTS, 0.0, 1.0) if is_weights else (style.SIGNED, -largest, largest)
    ax.imshow(table, cmap=colours, vmin=low, vmax=high, extent=edges, interpolation="nearest", zorder=1)
    for i in range(1, height):
        ax.plot([left, left + width], [bottom + i] * 2, color=style.CARD, lw=1, ls="-", zorder=2)
    for j in range(1, width):
        ax.plot([left + j] * 2, [bottom, bottom + height], color=style.CARD, lw=1, ls="-", zorder=2)
    ax.add_patch(Rectangle((left, bottom), width, height, fill=False, edgecolor=style.FAINT, lw=1, zorder=3))
