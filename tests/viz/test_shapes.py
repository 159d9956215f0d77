"""Matrices in a row: sizes, names, scales."""

import numpy as np
import torch

from course_attn import viz


def drawn(ax):
    """What stands in the picture: (columns, rows) of each matrix in cells."""
    return [(right - left, top - bottom) for left, right, bottom, top in (image.get_extent() for image in ax.images)]


def test_sides_that_must_agree_have_one_length(ax):
    q, k = torch.randn(3, 2), torch.randn(5, 2)
    viz.matrix_row([q, k.T, q @ k.T], ["Q", "Kᵀ", "scores"], ["@", "="], ax, notes=[None, "(d, M)", None])
    assert drawn(ax) == [(2, 3), (5, 2), (5, 3)]
    texts = [t.get_text() for t in ax.texts]
    assert texts == ["Q", "3 × 2", "@", "Kᵀ", "2 × 5\n(d, M)", "=", "scores", "3 × 5"]


def test_weights_are_on_the_fixed_scale_and_the_rest_about_zero(ax):
    viz.matrix_row([[[1.0, -3.0]], [[0.25, 0.75]]], ["s", "a"], ["softmax →"], ax, weights=[1])
    assert [image.get_clim() for image in ax.images] == [(-3.0, 3.0), (0.0, 1.0)]
    np.testing.assert_allclose(ax.images[1].get_array(), [[0.25, 0.75]])


def test_the_first_row_of_a_matrix_is_at_its_top(ax):
    viz.matrix_row([[[1.0], [0.0]]], ["a"], [], ax, weights=[0])
    assert ax.images[0].origin == "upper"
    left, right, bottom, top = ax.images[0].get_extent()
    assert bottom < top
    assert left < right


def test_a_zero_matrix_can_be_drawn():
    ax = viz.matrix_row([torch.zeros(2, 2)], ["0"], [])
    assert ax.images[0].get_clim() == (-1.0, 1.0)
    ax.figure.canvas.draw()
