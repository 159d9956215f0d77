"""Matrices as coloured cells: queries on the rows, keys on the columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_attn._checks import error
from course_attn.viz import _inputs, style

LARGEST_ANNOTATED = 8  # rows or columns up to which a cell has room for its number
LARGEST_FULLY_TICKED = 24  # past this, tick labels at every row would touch


def heatmap(
    matrix: Any,
    row_labels: Sequence[Any] | None = None,
    column_labels: Sequence[Any] | None = None,
    ax: Axes | None = None,
    *,
    vmin: float = 0.0,
    vmax: float = 1.0,
    signed: bool = False,
    annotate: bool | None = None,
    number_format: str = ".2f",
    mask: Any = None,
    title: str | None = None,
    x_label: str | None = "key",
    y_label: str | None = "query",
    colour_bar: bool = False,
) -> Axes:
    """Attention weights (or scores) as a heat map on a fixed scale.

    Args:
        matrix: (N, M), one row per query. Scores may hold -inf: such cells are drawn as masked.
        row_labels: N labels of the queries.
        column_labels: M labels of the keys.
        ax: axes to draw on; a new figure when None.
        vmin: value of the lightest colour. Weights keep 0 and 1, so that two maps can be compared.
        vmax: value of the darkest colour.
        signed: draw scores instead: two-ended colours, symmetric about 0, as wide as the largest finite
            score (``vmin`` and ``vmax`` are then not used).
        annotate: write the numbers into the cells; by default up to 8 × 8.
        number_format: how a number is written.
        mask: (N, M) boolean, True = may attend; cells that may not are hatched.
        title: text above.
        x_label: name of the columns.
        y_label: name of the rows.
        colour_bar: add the scale at the right.

    Returns:
        The axes.

    Raises:
        ValueError: ``matrix`` is not (N, M), holds NaN or leaves the scale; labels or mask do not fit it.
    """
    where = "heatmap"
    cells = _inputs.matrix(where, "matrix", matrix, infinite=True)
    seen = np.isfinite(cells)
    if mask is not None:
        seen &= _inputs.boolean_matrix(where, "mask", mask, cells.shape)
    rows = _inputs.labels(where, "row_labels", row_labels, cells.shape[0])
    columns = _inputs.labels(where, "column_labels", column_labels, cells.shape[1])
    if signed:
        vmax = float(np.abs(cells[seen]).max(initial=0.0)) or 1.0
        vmin = -vmax
    elif vmin >= vmax:
        raise error(where, "vmin", f"below vmax={vmax:g}", f"{vmin:g}")
    slack = 1e-5 * (vmax - vmin)
    if (cells[seen] < vmin - slack).any() or (cells[seen] > vmax + slack).any():
        got = f"[{cells[seen].min():.4g}, {cells[seen].max():.4g}]"
        raise error(where, "matrix", f"within [{vmin:g}, {vmax:g}] (scores? pass signed=True)", got)

    ax = _axes_for(cells.shape) if ax is None else ax
    colours = style.SIGNED if signed or vmin < 0 else style.WEIGHTS
    image = ax.imshow(np.where(seen, cells, np.nan), cmap=colours, vmin=vmin, vmax=vmax, interpolation="nearest")
    _hatch(ax, ~seen)
    if annotate is None:
        annotate = max(cells.shape) <= LARGEST_ANNOTATED
    if annotate:
        _write_numbers(ax, cells, seen, image, number_format)
    _finish(ax, cells.shape, rows, columns, title, x_label, y_label)
    if colour_bar:
        bar = ax.figure.colorbar(image, ax=ax, shrink=0.85, pad=0.03)
        bar.outline.set_visible(False)
    return ax


def mask_grid(
    mask: Any,
    ax: Axes | None = None,
    row_labels: Sequence[Any] | None = None,
    column_labels: Sequence[Any] | None = None,
    *,
    title: str | None = None,
    x_label: str | None = "key",
    y_label: str | None = "query",
) -> Axes:
    """A mask as a grid: filled cells may be attended to, hatched ones may not.

    Args:
        mask: (N, M) boolean, True = may attend.
        ax: axes to draw on; a new figure when None.
        row_labels: N labels of the queries.
        column_labels: M labels of the keys.
        title: text above.
        x_label: name of the columns.
        y_label: name of the rows.

    Returns:
        The axes.

    Raises:
        ValueError: ``mask`` is not boolean or not (N, M), or labels do not fit it.
    """
    where = "mask_grid"
    allowed = _inputs.boolean_matrix(where, "mask", mask)
    rows = _inputs.labels(where, "row_labels", row_labels, allowed.shape[0])
    columns = _inputs.labels(where, "column_labels", column_labels, allowed.shape[1])
    ax = _axes_for(allowed.shape) if ax is None else ax
    shade = np.where(allowed, 0.6, np.nan)
    ax.imshow(shade, cmap=style.WEIGHTS, vmin=0.0, vmax=1.0, interpolation="nearest")
    _hatch(ax, ~allowed)
    _finish(ax, allowed.shape, rows, columns, title, x_label, y_label)
    return ax


def _axes_for(shape: tuple[int, ...]) -> Axes:
    """A figure of the book's width, low for a flat matrix."""
    cell = min(0.5, 5.2 / shape[1])
    return style.new_axes(height=min(6.0, max(1.9, 1.0 + cell * shape[0])), layout="compressed")


def _hatch(ax: Axes, masked: np.ndarray) -> None:
    for row, column in np.argwhere(masked):
        ax.add_patch(
            Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor="#ecebe6", edgecolor="#9a9d9f", hatch="////", lw=0)
        )


def _write_numbers(ax: Axes, cells: np.ndarray, seen: np.ndarray, image: Any, number_format: str) -> None:
    for row, column in np.argwhere(seen):
        colour = image.cmap(image.norm(cells[row, column]))
        light = style.contrast(colour, "white") > style.contrast(colour, style.INK)
        text = format(cells[row, column], number_format).replace("-", "−")
        ink = "white" if light else style.INK
        ax.text(column, row, text, ha="center", va="center", fontsize=9.5, color=ink)


def _finish(
    ax: Axes,
    shape: tuple[int, ...],
    rows: list[str] | None,
    columns: list[str] | None,
    title: str | None,
    x_label: str | None,
    y_label: str | None,
) -> None:
    """White seams between cells, ticks, names."""
    if max(shape) <= LARGEST_FULLY_TICKED:
        ax.set_xticks(np.arange(-0.5, shape[1]), minor=True)
        ax.set_yticks(np.arange(-0.5, shape[0]), minor=True)
        ax.grid(which="minor", color=style.CARD, linestyle="-", linewidth=1.5)
    ax.tick_params(which="both", length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    if columns is not None:
        crowded = max(len(text) for text in columns) * 0.09 > 4.6 / shape[1] * _share_of_width(ax)
        ax.set_xticks(
            range(shape[1]),
            columns,
            rotation=50 if crowded else 0,
            ha="right" if crowded else "center",
            rotation_mode="anchor" if crowded else "default",
        )
    elif shape[1] <= LARGEST_ANNOTATED:
        ax.set_xticks(range(shape[1]))
    if rows is not None:
        ax.set_yticks(range(shape[0]), rows)
    elif shape[0] <= LARGEST_ANNOTATED:
        ax.set_yticks(range(shape[0]))
    if title:
        ax.set_title(title)
    if x_label:
        ax.set_xlabel(x_label)
    if y_label:
        ax.set_ylabel(y_label)


def _share_of_width(ax: Axes) -> float:
    """How much of the figure's width belongs to these axes (1 for a figure with one column)."""
    spec = ax.get_subplotspec()
    return 1.0 if spec is None else 1.0 / spec.get_gridspec().ncols
