"""Curves with their names at their ends, and bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course_attn._checks import error
from course_attn.viz import _inputs, style

LABEL_POINTS = 14.0  # vertical room one label at a line's end needs


def lines(
    x: Any,
    series: Mapping[str, Any],
    ax: Axes | None = None,
    *,
    x_label: str | None = None,
    y_label: str | None = None,
    log_x: bool = False,
    log_y: bool = False,
    title: str | None = None,
    markers: bool | None = None,
    legend: bool | None = None,
) -> Axes:
    """Curves over one x axis, each named at its right end.

    A series of shape (n,) is a line. One of shape (S, n), S repetitions (seeds), is the line of their means
    inside a band from the smallest to the largest.

    Args:
        x: (n,) positions.
        series: name → (n,) or (S, n) values.
        ax: axes to draw on; a new figure when None.
        x_label: name of the x axis.
        y_label: name of the y axis.
        log_x: logarithmic x axis.
        log_y: logarithmic y axis.
        title: text above.
        markers: mark each point; by default up to 12 points.
        legend: a legend instead of names at the ends; by default only when the names would not fit.

    Returns:
        The axes.

    Raises:
        ValueError: shapes do not fit, values are not finite, or a logarithmic axis meets a value that is not
            positive.
    """
    where = "lines"
    positions = _inputs.vector(where, "x", x)
    if not series:
        raise error(where, "series", "at least one named line", "none")
    curves = {str(name): _curve(name, values, len(positions)) for name, values in series.items()}
    if log_x and (positions <= 0).any():
        raise error(where, "x", "positive on a logarithmic axis", f"{positions.min():g}")
    for name, values in curves.items():
        if log_y and (values <= 0).any():
            raise error(where, f"series[{name!r}]", "positive on a logarithmic axis", f"{values.min():g}")

    ax = style.new_axes() if ax is None else ax
    markers = len(positions) <= 12 if markers is None else markers
    if log_x:
        ax.set_xscale("log")
    if log_y:
        ax.set_yscale("log")
    for i, (name, values) in enumerate(curves.items()):
        colour = style.PALETTE[i % len(style.PALETTE)]
        if len(values) > 1:
            ax.fill_between(positions, values.min(0), values.max(0), color=colour, alpha=0.18, lw=0)
        ax.plot(
            positions,
            values.mean(0),
            label=name,
            color=colour,
            linestyle=style.DASHES[i % len(style.DASHES)],
            marker="osD^vP"[i % 6] if markers else None,
            markersize=5,
        )
    _dress(ax, title, x_label, y_label)
    ends = {name: float(values.mean(0)[-1]) for name, values in curves.items()}
    if legend is None:
        legend = len(ends) * LABEL_POINTS > 0.95 * _height_in_points(ax)
    if legend:
        ax.legend()
    else:
        _name_at_ends(ax, ends)
    return ax


def bars(
    values: Any,
    labels: Sequence[Any],
    ax: Axes | None = None,
    *,
    groups: Sequence[Any] | None = None,
    y_label: str | None = None,
    title: str | None = None,
    number_format: str | None = ".2f",
) -> Axes:
    """Bars, one for each label, or one for each label and group; each with its number above it.

    Args:
        values: (n,), or (G, n) with ``groups``.
        labels: n labels under the bars.
        ax: axes to draw on; a new figure when None.
        groups: G names; each group has its colour and hatching.
        y_label: name of the y axis.
        title: text above.
        number_format: how the number above a bar is written; None for no numbers.

    Returns:
        The axes.

    Raises:
        ValueError: shapes and labels do not fit, or a value is not finite.
    """
    where = "bars"
    table = _inputs.array(where, "values", values)
    wanted = 1 if groups is None else 2
    if table.ndim != wanted or table.size == 0:
        raise error(where, "values", "of shape (n,)" if groups is None else "of shape (G, n)", f"shape {table.shape}")
    table = np.atleast_2d(table)
    ticks = _inputs.labels(where, "labels", labels, table.shape[1])
    names = _inputs.labels(where, "groups", groups, table.shape[0]) or [""]

    ax = style.new_axes() if ax is None else ax
    width = 0.8 / len(names)
    for g, (name, row) in enumerate(zip(names, table, strict=True)):
        places = np.arange(len(row)) + (g - (len(names) - 1) / 2) * width
        drawn = ax.bar(
            places,
            row,
            width * 0.92,
            label=name or None,
            color=style.PALETTE[g % len(style.PALETTE)],
            hatch=style.HATCHES[g % len(style.HATCHES)],
            edgecolor=style.CARD,
            linewidth=0,
        )
        if number_format is not None:
            ax.bar_label(
                drawn,
                [format(value, number_format).replace("-", "−") for value in row],
                padding=2,
                fontsize=9.5,
            )
    ax.margins(y=0.12)  # room for the numbers
    ax.set_xticks(range(table.shape[1]), ticks)
    ax.tick_params(axis="x", length=0)
    if (table < 0).any():
        ax.axhline(0, color=style.FAINT, lw=0.8, ls="-")
    _dress(ax, None, None, y_label)
    ax.grid(axis="x", visible=False)
    if groups is not None:  # above the axes, where no bar can stand behind it
        ax.legend(
            loc="lower left",
            bbox_to_anchor=(0.0, 1.0),
            ncols=min(3, len(names)),
            borderaxespad=0.2,
            handlelength=1.4,
            columnspacing=1.2,
        )
    if title:
        ax.set_title(title, pad=6 if groups is None else 12 + 16 * -(-len(names) // 3))
    return ax


def _curve(name: Any, values: Any, length: int) -> np.ndarray:
    """(S, n) values of one line."""
    curve = np.atleast_2d(_inputs.array("lines", f"series[{name!r}]", values))
    if curve.ndim != 2 or curve.shape[1] != length or len(curve) == 0:
        raise error(
            "lines",
            f"series[{name!r}]",
            f"of shape ({length},) or (S, {length})",
            f"shape {np.shape(values)}",
        )
    return curve


def _dress(ax: Axes, title: str | None, x_label: str | None, y_label: str | None) -> None:
    ax.grid(visible=True, color=style.GRID, linewidth=0.8, linestyle="-")
    ax.set_axisbelow(True)
    if title:
        ax.set_title(title)
    if x_label:
        ax.set_xlabel(x_label)
    if y_label:
        ax.set_ylabel(y_label)


def _height_in_points(ax: Axes) -> float:
    return float(ax.get_window_extent().height / ax.figure.dpi * 72)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Push sorted positions apart, in a sweep up and a sweep down, until neighbours are ``gap`` apart."""
    placed = list(wanted)
    for i in range(len(placed)):
        placed[i] = max(placed[i], placed[i - 1] + gap if i else low)
    for i in reversed(range(len(placed))):
        placed[i] = min(placed[i], placed[i + 1] - gap if i + 1 < len(placed) else high)
    return placed


def _name_at_ends(ax: Axes, ends: Mapping[str, float]) -> None:
    """Write each line's name at its right end, moved apart where ends meet."""
    ax.set_ylim(ax.get_ylim())  # fixed: a later change of the limits would part names and lines
    to_fraction = ax.transData + ax.transAxes.inverted()
    right = ax.get_xlim()[1]
    heights = {name: float(to_fraction.transform((right, y))[1]) for name, y in ends.items()}
    order = sorted(heights, key=lambda name: heights[name])
    gap = LABEL_POINTS / _height_in_points(ax)
    places = spread([heights[name] for name in order], gap, 0.0, 1.0)
    colours = {line.get_label(): line.get_color() for line in ax.get_lines()}
    for name, place in zip(order, places, strict=True):
        ax.annotate(
            name,
            (1.0, place),
            (4, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            va="center",
            fontsize=10.5,
            color=style.text_colour(colours[name]),
            annotation_clip=False,
        )
