"""Static figures of the book: one style, tensors in, axes out."""

from course_attn.viz.heatmaps import heatmap, mask_grid
from course_attn.viz.lines import bars, lines
from course_attn.viz.reshapes import reshape_steps
from course_attn.viz.shapes import matrix_row
from course_attn.viz.smoothing import kernel_smoothing
from course_attn.viz.style import PALETTE, figure_grid, use_style
from course_attn.viz.vectors import arrows2d

__all__ = [
    "PALETTE",
    "arrows2d",
    "bars",
    "figure_grid",
    "heatmap",
    "kernel_smoothing",
    "lines",
    "mask_grid",
    "matrix_row",
    "reshape_steps",
    "use_style",
]
