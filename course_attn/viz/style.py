"""One look for every figure of the book: colours, fonts, sizes."""

from __future__ import annotations

from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure

from course_attn._checks import error

WIDTH = 7.2  # inches: every figure has this width, so a point means the same size on every page
CARD = "#fbfbf9"  # the calm light card behind a figure, in the light and in the dark theme
INK = "#1f2730"
FAINT = "#6b7480"
GRID = "#e3e5e4"

# Ordered so that neighbours differ in hue for colour-blind readers and in lightness in grey.
PALETTE = ("#1d4f7c", "#d1661f", "#3fa58a", "#7b3f8c", "#e0ab2e", "#5b9bc9")
DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.6)),
    (0, (1.2, 1.4)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (9, 2)),
    (0, (3, 3)),
)
HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "----")

WEIGHTS = LinearSegmentedColormap.from_list(
    "course_weights", ["#f3f5f4", "#c9dcea", "#8db8d8", "#4683b3", "#1d4f7c", "#0c2740"]
)
# Two ends of unequal darkness: the sign stays visible on a grey print.
SIGNED = LinearSegmentedColormap.from_list(
    "course_signed", ["#123a5e", "#4683b3", "#b9d2e4", "#f6f6f3", "#f6cfa4", "#e89547", "#cc6a17"]
)

RC: Any = {
    "figure.facecolor": CARD,
    "savefig.facecolor": CARD,
    "axes.facecolor": CARD,
    "figure.dpi": 144,
    "savefig.dpi": 144,
    "figure.figsize": (WIDTH, 3.6),
    "figure.constrained_layout.use": True,
    "font.family": ["DejaVu Sans"],
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.labelsize": 11,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "legend.fontsize": 10.5,
    "mathtext.fontset": "dejavusans",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.edgecolor": FAINT,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.2,
    "lines.solid_capstyle": "round",
    "hatch.linewidth": 0.8,
    "legend.frameon": False,
    "image.cmap": "course_weights",
    "image.interpolation": "nearest",
    "axes.prop_cycle": cycler(color=PALETTE) + cycler(linestyle=DASHES),
}


def use_style() -> None:
    """Give every later figure of this session the look of the book.

    Nothing else in ``course_attn.viz`` changes matplotlib's settings. In a notebook, pictures keep the width they
    were given (the default crops each one differently) and carry no software version, so that a page built again
    gives the same bytes.
    """
    for colours in (WEIGHTS, SIGNED):
        if colours.name not in matplotlib.colormaps:  # a second registration warns
            matplotlib.colormaps.register(colours)
    matplotlib.rcParams.update(RC)
    _steady_notebook_pictures()


def figure_grid(rows: int = 1, columns: int = 1, *, height: float | None = None, **options: Any) -> tuple[Figure, Any]:
    """A figure of the book's width with ``rows`` × ``columns`` axes.

    Args:
        rows: number of rows.
        columns: number of columns; more than three are hard to read on a phone.
        height: height in inches; by default about square axes, at most 3.6 inches a row.
        **options: passed to ``matplotlib.pyplot.subplots`` (``sharey``, ``width_ratios`` …).

    Returns:
        The figure and its axes: one axes, a row of them or a table of them, as ``subplots`` gives them.

    Raises:
        ValueError: ``rows`` or ``columns`` is below 1, or ``height`` is not positive.
    """
    for name, count in (("rows", rows), ("columns", columns)):
        if count < 1:
            raise error("figure_grid", name, "at least 1", str(count))
    if height is not None and height <= 0:
        raise error("figure_grid", "height", "positive", str(height))
    height = rows * min(3.6, WIDTH / columns) if height is None else height
    return plt.subplots(rows, columns, figsize=(WIDTH, height), **{"layout": "constrained", **options})


def new_axes(height: float = 3.6, **options: Any) -> Any:
    """One axes in a new figure of the book's width (what a plot function draws on when it is given none)."""
    return figure_grid(height=height, **options)[1]


def luminance(colour: Any) -> float:
    """Relative luminance of a colour, 0 (black) to 1 (white), as WCAG 2 defines it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(first: Any, second: Any) -> float:
    """Contrast ratio of two colours, 1 to 21, as WCAG 2 defines it."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def text_colour(colour: Any, background: Any = CARD) -> Any:
    """``colour``, darkened until text in it is readable (4.5 to 1) on a light background."""
    rgb = np.array(to_rgb(colour))
    while contrast(rgb, background) < 4.5 and rgb.max() > 0.02:
        rgb = rgb * 0.94
    return tuple(rgb)


def _steady_notebook_pictures() -> None:
    """Inside IPython's inline backend: keep the figure's own width, and leave the software's version out."""
    try:
        from IPython import get_ipython
        from matplotlib_inline.config import InlineBackend
    except ImportError:
        return
    shell = get_ipython()
    if shell is not None and hasattr(shell, "kernel"):
        backend = InlineBackend.instance(parent=shell)
        settings: Any = {"bbox_inches": None, "metadata": {"Software": None}}
        backend.print_figure_kwargs = settings
