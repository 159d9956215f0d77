"""Vectors of two numbers as arrows in the plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course_attn._checks import error
from course_attn.viz import _inputs, style


def arrows2d(
    vectors: Any,
    labels: Sequence[Any] | None = None,
    ax: Axes | None = None,
    *,
    query: Any = None,
    query_label: str = "query",
    title: str | None = None,
) -> Axes:
    """Keys, and a query if there is one, as arrows from the origin.

    With a query, each key's label also says its length and its angle to the query: what a dot product is made
    of, q·k = |q| |k| cos(angle).

    Args:
        vectors: (M, 2), the keys.
        labels: M names.
        ax: axes to draw on; a new figure when None.
        query: (2,), drawn thicker and in its own colour.
        query_label: its name.
        title: text above.

    Returns:
        The axes.

    Raises:
        ValueError: ``vectors`` is not (M, 2), ``query`` is not (2,), or the labels do not fit.
    """
    where = "arrows2d"
    arrows = _inputs.matrix(where, "vectors", vectors)
    if arrows.shape[1] != 2:
        raise error(where, "vectors", "of shape (M, 2)", f"shape {arrows.shape}")
    names = _inputs.labels(where, "labels", labels, len(arrows)) or [""] * len(arrows)
    asked = None if query is None else _inputs.vector(where, "query", query, 2)

    ax = style.new_axes(height=4.4) if ax is None else ax
    for name, arrow in zip(names, arrows, strict=True):
        _arrow(ax, arrow, _caption(name, arrow, asked), style.PALETTE[0], 2.0)
    if asked is not None:
        caption = f"{query_label}\nlength {np.linalg.norm(asked):.2f}"
        _arrow(ax, asked, caption, style.PALETTE[1], 3.4)
    everything = arrows if asked is None else np.vstack([arrows, asked])
    reach = (1.2 if asked is None else 1.5) * (float(np.abs(everything).max()) or 1.0)
    ax.axhline(0, color=style.GRID, lw=1.2, ls="-", zorder=0)
    ax.axvline(0, color=style.GRID, lw=1.2, ls="-", zorder=0)
    ax.set_xticks([])  # what counts, angle and length, stands beside the arrows
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(False)
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    ax.set_aspect("equal")
    if title:
        ax.set_title(title)
    return ax


def angle(first: np.ndarray, second: np.ndarray) -> float | None:
    """The angle between two vectors in degrees, 0 to 180; None when one has no direction."""
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    if lengths == 0:
        return None
    return float(np.degrees(np.arccos(np.clip(first @ second / lengths, -1.0, 1.0))))


def _caption(name: str, arrow: np.ndarray, query: np.ndarray | None) -> str:
    if query is None:
        return name
    turn = angle(arrow, query)
    measured = f"length {np.linalg.norm(arrow):.2f}" + ("" if turn is None else f"\nangle {turn:.0f}°")
    return f"{name}\n{measured}" if name else measured


def _arrow(ax: Axes, tip: Any, caption: str, colour: str, width: float) -> None:
    ax.annotate(
        "",
        tip,
        (0, 0),
        arrowprops={
            "arrowstyle": "-|>,head_width=0.32,head_length=0.6",
            "lw": width,
            "color": colour,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )
    length = float(np.linalg.norm(tip)) or 1.0
    away = tip / length  # the text sits beyond the tip, on the side the arrow points to
    across = "left" if away[0] > 0.35 else "right" if away[0] < -0.35 else "center"
    upright = "bottom" if away[1] > 0.35 else "top" if away[1] < -0.35 else "center"
    ax.annotate(
        caption,
        tip,
        tuple(6 * away),
        textcoords="offset points",
        ha=across,
        va=upright,
        fontsize=10,
        color=style.text_colour(colour),
        linespacing=1.15,
    )
