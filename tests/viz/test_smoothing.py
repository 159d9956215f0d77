"""The kernel smoother's picture."""

import numpy as np

from course_attn import viz

X, Y = [1.0, 2.0, 4.0], [3.0, 5.0, 4.0]
GRID, CURVE = [0.0, 2.0, 5.0], [3.0, 4.0, 5.0]


def test_data_curve_and_query_stand_where_they_should(ax):
    viz.kernel_smoothing(X, Y, GRID, CURVE, ax, query=1.0, weights=[0.5, 0.3, 0.2])
    np.testing.assert_allclose(ax.collections[0].get_offsets(), np.stack([X, Y], 1))
    by_name = {line.get_label(): line for line in ax.get_lines()}
    np.testing.assert_allclose(by_name["estimate"].get_xydata(), np.stack([GRID, CURVE], 1))
    np.testing.assert_allclose(by_name["query 1"].get_xydata(), [[1.0, 3.5]])
    assert "weight 0.50" in [t.get_text() for t in ax.texts]


def test_points_and_stems_grow_with_the_weight(ax):
    viz.kernel_smoothing(X, Y, GRID, CURVE, ax, query=1.0, weights=[0.5, 0.25, 0.0])
    sizes = ax.collections[0].get_sizes()
    assert sizes[0] > sizes[1] > sizes[2]
    stems = [s[1, 1] - s[0, 1] for s in ax.collections[1].get_segments()]
    np.testing.assert_allclose([stems[1] / stems[0], stems[2]], [0.5, 0.0], atol=1e-9)
    assert min(Y) > ax.collections[1].get_segments()[0][1][1], "the strip lies below the data"


def test_without_a_query_all_points_are_alike(ax):
    viz.kernel_smoothing(X, Y, GRID, CURVE, ax, truth=CURVE, title="t")
    assert set(ax.collections[0].get_sizes()) == {30.0}
    assert len(ax.collections) == 1
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["truth", "data", "estimate"]
