"""The data behind the heat maps: colours' limits, ticks, numbers, hatched cells."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle

from course_attn import viz
from course_attn.viz import style

WEIGHTS = torch.tensor([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]])


def ticks(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def hatched(ax):
    """(row, column) of each hatched cell."""
    marked = [patch for patch in ax.patches if isinstance(patch, Rectangle) and patch.get_hatch()]
    return {(round(p.get_y() + 0.5), round(p.get_x() + 0.5)) for p in marked}


def test_queries_are_rows_and_keys_are_columns_on_a_fixed_scale(ax):
    assert viz.heatmap(WEIGHTS, ["a", "b"], ["x", "y", "z"], ax, title="t") is ax
    image = ax.images[0]
    np.testing.assert_allclose(image.get_array(), WEIGHTS)
    assert image.get_clim() == (0.0, 1.0)
    assert (ticks(ax.yaxis), ticks(ax.xaxis)) == (["a", "b"], ["x", "y", "z"])
    assert (ax.get_ylabel(), ax.get_xlabel(), ax.get_title()) == ("query", "key", "t")
    assert ax.get_ylim() == (1.5, -0.5), "row 0 is at the top"


def test_numbers_stand_in_their_cells_and_can_be_read(ax):
    viz.heatmap(WEIGHTS, ax=ax)
    image = ax.images[0]
    assert {(t.get_position(), t.get_text()) for t in ax.texts} >= {
        ((2, 0), "0.70"),
        ((0, 1), "0.50"),
        ((0, 0), "0.10"),
    }
    for text in ax.texts:
        column, row = text.get_position()
        background = image.cmap(image.norm(float(WEIGHTS[row, column])))
        assert style.contrast(text.get_color(), background) >= 4.5


@pytest.mark.parametrize(("size", "numbers"), [(8, 64), (9, 0)])
def test_numbers_up_to_eight_by_eight(ax, size, numbers):
    viz.heatmap(torch.full((size, size), 1 / size), ax=ax)
    assert len(ax.texts) == numbers


def test_masked_cells_are_hatched_and_say_nothing(ax):
    mask = torch.tensor([[True, True, False], [True, False, True]])
    viz.heatmap(WEIGHTS, ax=ax, mask=mask)
    assert hatched(ax) == {(0, 2), (1, 1)}
    assert np.isnan(np.ma.filled(ax.images[0].get_array(), np.nan)[0, 2])
    assert "0.70" not in {t.get_text() for t in ax.texts}


def test_scores_are_symmetric_about_zero_and_minus_infinity_is_a_mask(ax):
    viz.heatmap([[1.0, -3.0], [2.0, -np.inf]], ax=ax, signed=True)
    assert ax.images[0].get_clim() == (-3.0, 3.0)
    assert ax.images[0].cmap.name == style.SIGNED.name
    assert hatched(ax) == {(1, 1)}
    assert "−3.00" in {t.get_text() for t in ax.texts}


def test_a_value_a_rounding_error_over_one_is_still_a_weight(ax):
    viz.heatmap([[1.0 + 1e-7]], ax=ax)


def test_both_colour_scales_tell_their_ends_apart_in_grey():
    grey = [style.luminance(style.WEIGHTS(x)) for x in np.linspace(0, 1, 101)]
    assert all(np.diff(grey) < 0), "more weight is always darker"
    low, middle, high = (style.luminance(style.SIGNED(x)) for x in (0.0, 0.5, 1.0))
    assert middle > 0.85
    assert high - low > 0.15


def test_mask_grid_hatches_what_may_not_be_seen(ax):
    viz.mask_grid(torch.ones(3, 5).tril().bool(), ax, list("abc"), list("vwxyz"))
    assert hatched(ax) == {(i, j) for i in range(3) for j in range(5) if j > i}
    assert ticks(ax.xaxis) == list("vwxyz")


def test_colour_bar_and_own_figure():
    ax = viz.heatmap(WEIGHTS, colour_bar=True)
    assert len(ax.figure.axes) == 2
    assert plt.get_fignums() == [ax.figure.number]


def test_long_names_on_many_columns_are_turned(ax):
    viz.heatmap(torch.zeros(2, 12), None, ["transformer"] * 12, ax)
    assert ax.get_xticklabels()[0].get_rotation() == 50
