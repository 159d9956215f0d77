"""What plot functions accept, and that a refusal leaves no figure behind."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_attn import viz
from course_attn.viz import _inputs

TWO_BY_THREE = [[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]]


@pytest.mark.parametrize("make", [torch.tensor, np.array, list], ids=["tensor", "array", "list"])
def test_tensors_arrays_and_lists_become_the_same_numbers(make):
    np.testing.assert_allclose(_inputs.matrix("f", "m", make(TWO_BY_THREE)), TWO_BY_THREE, rtol=1e-6)


def test_a_tensor_with_gradient_or_half_precision_is_read():
    half = torch.tensor(TWO_BY_THREE, dtype=torch.bfloat16, requires_grad=True)
    assert _inputs.matrix("f", "m", half).shape == (2, 3)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: viz.heatmap(torch.zeros(2, 3, 5)), r"heatmap: matrix must be a matrix .*shape \(2, 3, 5\) \(pick one"),
        (lambda: viz.heatmap([[float("nan")]]), "heatmap: matrix must be free of NaN, got 1 value"),
        (lambda: viz.heatmap("abc"), "heatmap: matrix must be numbers .* got str"),
        (
            lambda: viz.heatmap([[1.5]]),
            r"heatmap: matrix must be within \[0, 1\] \(scores\? pass signed=True\), got \[1.5",
        ),
        (lambda: viz.heatmap(TWO_BY_THREE, vmin=1, vmax=0), "heatmap: vmin must be below vmax=0, got 1"),
        (lambda: viz.heatmap(TWO_BY_THREE, ["a"]), "heatmap: row_labels must be a list of 2 labels, got 1"),
        (
            lambda: viz.heatmap(TWO_BY_THREE, None, "abc"),
            "heatmap: column_labels must be a list of 3 labels, got the string",
        ),
        (
            lambda: viz.heatmap(TWO_BY_THREE, mask=torch.ones(2, 3)),
            "heatmap: mask must be boolean .* got dtype float32",
        ),
        (
            lambda: viz.heatmap(TWO_BY_THREE, mask=torch.ones(3, 2) > 0),
            r"heatmap: mask must be of .*\(2, 3\), got shape \(3, 2\)",
        ),
        (lambda: viz.mask_grid(torch.ones(3) > 0), r"mask_grid: mask must be a matrix .* got shape \(3,\)"),
        (lambda: viz.matrix_row([], [], []), "matrix_row: matrices must be at least one matrix"),
        (
            lambda: viz.matrix_row([TWO_BY_THREE], ["a"], ["="]),
            "matrix_row: operators must be a list of 0 labels, got 1",
        ),
        (
            lambda: viz.matrix_row([TWO_BY_THREE], ["a"], [], weights=[1]),
            "matrix_row: weights must be positions from 0 to 0",
        ),
        (
            lambda: viz.matrix_row([TWO_BY_THREE], ["a"], [], notes=[]),
            "matrix_row: notes must be a list of 1 notes, got 0",
        ),
        (lambda: viz.lines([1, 2], {}), "lines: series must be at least one named line, got none"),
        (
            lambda: viz.lines([1, 2], {"a": [1, 2, 3]}),
            r"lines: series\['a'\] must be of shape \(2,\) or \(S, 2\), got shape \(3,\)",
        ),
        (
            lambda: viz.lines([0, 2], {"a": [1, 2]}, log_x=True),
            "lines: x must be positive on a logarithmic axis, got 0",
        ),
        (lambda: viz.lines([1, 2], {"a": [1, 0]}, log_y=True), r"lines: series\['a'\] must be positive .* got 0"),
        (lambda: viz.lines([1, 2], {"a": [1, float("inf")]}), r"lines: series\['a'\] must be finite"),
        (lambda: viz.bars([[1, 2]], ["a", "b"]), r"bars: values must be of shape \(n,\), got shape \(1, 2\)"),
        (
            lambda: viz.bars([1, 2], ["a", "b"], groups=["g"]),
            r"bars: values must be of shape \(G, n\), got shape \(2,\)",
        ),
        (lambda: viz.bars([[1, 2]], ["a", "b"], groups=["g", "h"]), "bars: groups must be a list of 1 labels, got 2"),
        (lambda: viz.arrows2d([[1, 2, 3]]), r"arrows2d: vectors must be of shape \(M, 2\), got shape \(1, 3\)"),
        (lambda: viz.arrows2d([[1, 2]], query=[1]), "arrows2d: query must be of length 2, got length 1"),
        (
            lambda: viz.kernel_smoothing([1], [1, 2], [0, 1], [0, 1]),
            "kernel_smoothing: y must be of length 1, got length 2",
        ),
        (lambda: viz.kernel_smoothing([1], [1], [1, 0], [0, 1]), "kernel_smoothing: grid must be increasing"),
        (lambda: viz.kernel_smoothing([1], [1], [0, 1], [0, 1], query=1.0), "must be given together, got only one"),
        (
            lambda: viz.kernel_smoothing([1], [1], [0, 1], [0, 1], query=1.0, weights=[-1.0]),
            "kernel_smoothing: weights must be at least 0, got -1",
        ),
        (lambda: viz.figure_grid(0, 1), "figure_grid: rows must be at least 1, got 0"),
        (lambda: viz.figure_grid(1, 1, height=0), "figure_grid: height must be positive, got 0"),
    ],
)
def test_bad_input_is_told_what_was_wanted_and_opens_no_figure(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
    assert plt.get_fignums() == []
