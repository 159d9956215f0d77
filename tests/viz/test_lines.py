"""Curves, bands, names at the ends; bars."""

import numpy as np
import pytest
import torch

from course_attn import viz
from course_attn.viz import style
from course_attn.viz.lines import spread


def test_a_line_holds_the_data_and_ends_in_its_name(ax):
    viz.lines([1, 2, 5], {"low": torch.tensor([1.0, 2.0, 3.0]), "high": [4, 5, 6]}, ax, x_label="d", y_label="v")
    low, high = ax.get_lines()
    np.testing.assert_allclose(low.get_xydata(), [[1, 1], [2, 2], [5, 3]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("d", "v")
    names = {text.get_text(): text.xy[1] for text in ax.texts}
    assert names.keys() == {"low", "high"}
    assert names["low"] < names["high"]
    assert ax.get_legend() is None
    assert low.get_linestyle() != high.get_linestyle(), "lines differ without colour"


def test_repetitions_are_a_mean_in_a_band_from_least_to_most(ax):
    viz.lines([0, 1], {"a": [[1.0, 2.0], [3.0, 7.0], [2.0, 3.0]]}, ax)
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), [2.0, 4.0])
    corners = ax.collections[0].get_paths()[0].vertices
    assert {tuple(c) for c in corners.tolist()} >= {(0, 1), (0, 3), (1, 2), (1, 7)}


def test_logarithmic_axes(ax):
    viz.lines([1, 10], {"a": [1, 100]}, ax, log_x=True, log_y=True)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_names_that_would_not_fit_become_a_legend(ax):
    viz.lines([0, 1], {f"line {i}": [0, i] for i in range(40)}, ax)
    assert len(ax.get_legend().get_texts()) == 40
    assert not ax.texts


def test_names_of_lines_that_meet_are_moved_apart(ax):
    viz.lines([0, 1], {"a": [0, 1], "b": [5, 1], "c": [3, 1]}, ax)
    places = sorted(text.xy[1] for text in ax.texts)
    height = ax.get_window_extent().height / ax.figure.dpi * 72
    assert min(np.diff(places)) * height >= 13.9
    assert places[0] >= 0
    assert places[-1] <= 1


@pytest.mark.parametrize(
    ("wanted", "placed"),
    [([0.2, 0.8], [0.2, 0.8]), ([0.5, 0.5], [0.5, 0.6]), ([1.0, 1.0], [0.9, 1.0]), ([-0.3, 0.0], [0.0, 0.1])],
)
def test_spread_by_hand(wanted, placed):
    np.testing.assert_allclose(spread(wanted, 0.1, 0.0, 1.0), placed)


def test_bars_have_their_height_label_and_number(ax):
    viz.bars([1.0, -2.0, 3.0], ["a", "b", "c"], ax, y_label="v")
    assert [bar.get_height() for bar in ax.patches] == [1.0, -2.0, 3.0]
    assert [t.get_text() for t in ax.texts] == ["1.00", "−2.00", "3.00"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["a", "b", "c"]


def test_groups_stand_side_by_side_with_their_own_hatching(ax):
    viz.bars([[1, 2], [3, 5]], ["a", "b"], ax, groups=["g", "h"], number_format=None, title="t")
    assert [bar.get_height() for bar in ax.patches] == [1, 2, 3, 5]
    first, _, third, _ = ax.patches
    assert first.get_x() + first.get_width() <= third.get_x() + 0.05
    assert first.get_hatch() != third.get_hatch()
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["g", "h"]
    assert not ax.texts


def test_names_in_a_light_colour_are_darkened_until_readable(ax):
    viz.lines([0, 1], {str(i): [i, i] for i in range(6)}, ax)
    assert all(style.contrast(text.get_color(), style.CARD) >= 4.5 for text in ax.texts)
