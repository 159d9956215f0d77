"""The kernel smoother's picture: data, estimate, and the weights one query gives to the data."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course_attn._checks import error
from course_attn.viz import _inputs, style


def kernel_smoothing(
    x: Any,
    y: Any,
    grid: Any,
    estimate: Any,
    ax: Axes | None = None,
    *,
    query: float | None = None,
    weights: Any = None,
    truth: Any = None,
    x_label: str = "x (key, query)",
    y_label: str = "y (value, output)",
    title: str | None = None,
) -> Axes:
    """Data points, the smoothed curve, and, for one query, how much each point counts.

    With ``query`` and ``weights``, a point is as large as its weight, a stem at the bottom shows the same weight
    as a height (the tallest stem is the largest weight, written beside it), and a ring on the curve marks the
    answer.

    Args:
        x: (M,) positions of the data, the keys.
        y: (M,) the data, the values.
        grid: (N,) increasing positions of the curve, the queries.
        estimate: (N,) the curve, the outputs.
        ax: axes to draw on; a new figure when None.
        query: the position whose weights are shown.
        weights: (M,) its weights.
        truth: (N,) the curve the data came from, dotted.
        x_label: name of the x axis.
        y_label: name of the y axis.
        title: text above.

    Returns:
        The axes.

    Raises:
        ValueError: lengths do not fit, ``grid`` does not increase, only one of ``query`` and ``weights`` is
            given, or a weight is negative.
    """
    where = "kernel_smoothing"
    keys = _inputs.vector(where, "x", x)
    values = _inputs.vector(where, "y", y, len(keys))
    places = _inputs.vector(where, "grid", grid)
    curve = _inputs.vector(where, "estimate", estimate, len(places))
    if (np.diff(places) <= 0).any():
        raise error(where, "grid", "increasing", "positions that are not (sort them first)")
    if (query is None) != (weights is None):
        raise error(where, "query and weights", "given together", "only one of them")
    shares = None if weights is None else _inputs.vector(where, "weights", weights, len(keys))
    if shares is not None and (shares < 0).any():
        raise error(where, "weights", "at least 0", f"{shares.min():g}")
    true_curve = None if truth is None else _inputs.vector(where, "truth", truth, len(places))

    ax = style.new_axes() if ax is None else ax
    if true_curve is not None:
        ax.plot(places, true_curve, color=style.FAINT, linestyle=style.DASHES[2], lw=1.6, label="truth")
    largest = 1.0 if shares is None else float(shares.max()) or 1.0
    sizes = np.full(len(keys), 30.0) if shares is None else 12 + 170 * shares / largest
    ax.scatter(
        keys,
        values,
        s=sizes,
        color=style.PALETTE[5],
        edgecolor=style.PALETTE[0],
        lw=0.9,
        zorder=3,
        label="data",
    )
    ax.plot(places, curve, color=style.PALETTE[1], linestyle="-", label="estimate", zorder=4)
    if query is not None and shares is not None:
        _show_query(ax, float(query), keys, shares, float(np.interp(query, places, curve)), values)
    ax.grid(visible=True, color=style.GRID, linewidth=0.8, linestyle="-")
    ax.set_axisbelow(True)
    ax.set_xlabel(x_label)
    ax.set_ylabel(y_label)
    if title:
        ax.set_title(title)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


def _show_query(
    ax: Axes, query: float, keys: np.ndarray, shares: np.ndarray, answer: float, values: np.ndarray
) -> None:
    """Stems of the weights in a strip below the data, the query's line, the ring at its answer."""
    low, high = ax.get_ylim()
    strip = 0.28 * (high - low)
    floor = low - strip
    largest = float(shares.max()) or 1.0
    ax.vlines(keys, floor, floor + 0.85 * strip * shares / largest, color=style.PALETTE[0], lw=2.2, zorder=2)
    ax.plot([query, query], [floor, answer], color=style.INK, lw=1.1, ls=style.DASHES[1], zorder=2)
    ax.plot(
        [query],
        [answer],
        marker="o",
        ms=11,
        mfc="none",
        mec=style.INK,
        mew=2,
        ls="none",
        zorder=5,
        label=f"query {query:g}",
    )
    top = int(shares.argmax())
    left_of_query = keys[top] < query
    ax.annotate(
        f"weight {shares.max():.2f}",
        (keys[top], floor + 0.85 * strip),
        (-6 if left_of_query else 6, 1),  # away from the query's line
        textcoords="offset points",
        fontsize=10,
        ha="right" if left_of_query else "left",
        va="center",
    )
    ax.set_yticks([tick for tick in ax.get_yticks() if low <= tick <= high])  # the strip has its own scale
    ax.set_ylim(floor, high)
