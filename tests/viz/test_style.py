"""The style: switched on by name only, readable, and the same bytes each time."""

import io

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import torch

from course_attn import viz
from course_attn.viz import style


def test_use_style_sets_the_card_and_readable_fonts():
    with matplotlib.rc_context():
        viz.use_style()
        assert matplotlib.rcParams["figure.facecolor"] == style.CARD
        assert matplotlib.rcParams["figure.dpi"] == 144
        assert min(matplotlib.rcParams[n] for n in ("font.size", "xtick.labelsize", "legend.fontsize")) >= 9
        assert matplotlib.rcParams["font.family"] == ["DejaVu Sans"]
        assert matplotlib.colormaps["course_weights"] == style.WEIGHTS


def test_figures_have_one_width_and_the_shape_asked_for():
    figure, (left, right) = viz.figure_grid(1, 2, height=3)
    np.testing.assert_allclose(figure.get_size_inches(), [style.WIDTH, 3])
    assert left.figure is right.figure is figure
    assert viz.figure_grid(2, 3)[1].shape == (2, 3)


def test_drawing_on_given_axes_opens_no_figure(ax):
    before = plt.get_fignums()
    viz.heatmap(torch.eye(3), ax=ax)
    viz.lines([0, 1], {"a": [0, 1]}, ax)
    viz.bars([1], ["a"], ax)
    viz.arrows2d([[1, 0]], ax=ax)
    viz.matrix_row([torch.eye(2)], ["I"], [], ax)
    viz.mask_grid(torch.eye(2).bool(), ax)
    viz.kernel_smoothing([0], [0], [0, 1], [0, 1], ax)
    assert plt.get_fignums() == before


def test_a_figure_drawn_twice_gives_the_same_bytes():
    def picture():
        with matplotlib.rc_context():
            viz.use_style()
            figure = viz.heatmap(torch.eye(3), list("abc"), list("xyz"), colour_bar=True).figure
            file = io.BytesIO()
            figure.savefig(file, metadata={"Software": None})
            plt.close(figure)
            return file.getvalue()

    first = picture()
    assert first == picture()
    assert b"Matplotlib" not in first
    assert b"Creation" not in first


def test_text_on_the_card_is_readable():
    assert style.contrast(style.INK, style.CARD) >= 7
    assert style.contrast(style.FAINT, style.CARD) >= 4.5
    for colour in style.PALETTE:
        assert style.contrast(style.text_colour(colour), style.CARD) >= 4.5


def test_contrast_by_hand():
    np.testing.assert_allclose(style.contrast("black", "white"), 21.0)
    np.testing.assert_allclose(style.luminance("white"), 1.0)
    np.testing.assert_allclose(style.contrast("#777777", "white"), 4.478, atol=1e-3)


def test_neighbouring_colours_differ_in_grey():
    grey = [style.luminance(colour) ** (1 / 2.2) for colour in style.PALETTE]
    assert min(abs(np.diff(grey))) > 0.05
