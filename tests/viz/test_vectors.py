"""Arrows: where they end, and the angle and length beside them."""

import numpy as np
import pytest

from course_attn import viz
from course_attn.viz.vectors import angle


def arrows(ax):
    return [tuple(map(float, t.xy)) for t in ax.texts if t.arrow_patch is not None]


def captions(ax):
    return [t.get_text() for t in ax.texts if t.arrow_patch is None]


def test_keys_and_query_end_where_they_point(ax):
    viz.arrows2d([[1, 0], [0, 2]], ["cat", "dog"], ax, query=[1, 1])
    assert arrows(ax) == [(1, 0), (0, 2), (1, 1)]
    assert captions(ax) == ["cat\nlength 1.00\nangle 45°", "dog\nlength 2.00\nangle 45°", "query\nlength 1.41"]
    low, high = ax.get_xlim()
    assert low == -high
    assert high > 2


def test_without_a_query_only_the_names(ax):
    viz.arrows2d([[1, 0]], ["cat"], ax)
    assert captions(ax) == ["cat"]


def test_a_zero_query_has_no_angle(ax):
    viz.arrows2d([[3, 4]], None, ax, query=[0, 0])
    assert captions(ax)[0] == "length 5.00"


@pytest.mark.parametrize(
    ("first", "second", "degrees"),
    [([1, 0], [0, 3], 90), ([1, 1], [2, 2], 0), ([1, 0], [-5, 0], 180), ([0, 0], [1, 0], None)],
)
def test_angle_by_hand(first, second, degrees):
    found = angle(np.array(first, float), np.array(second, float))
    assert found is None if degrees is None else found == pytest.approx(degrees, abs=1e-5)
