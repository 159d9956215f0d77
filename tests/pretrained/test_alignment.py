"""Dynamic time warping and word times: by hand, and against every path of small tables."""

import itertools
import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_attn.pretrained.alignment import WordTime, look, starts, warp, word_times


def every_path(rows, columns):
    """All ways from the first cell to the last by steps down, on, or both."""
    if rows == columns == 1:
        return [[(0, 0)]]
    found = []
    for down, on in ((1, 1), (1, 0), (0, 1)):
        if rows - down >= 1 and columns - on >= 1:
            found += [[*path, (rows - 1, columns - 1)] for path in every_path(rows - down, columns - on)]
    return found


def test_by_hand():
    # Two tokens, five places: the second begins where its row gets cheap.
    cost = torch.tensor([[0.0, 0.0, 0.0, 5.0, 5.0], [5.0, 5.0, 5.0, 0.0, 0.0]])
    assert warp(cost) == [(0, 0), (0, 1), (0, 2), (1, 3), (1, 4)]
    assert warp(cost.T) == [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1)]
    assert starts(-cost, 0.5) == [0.0, 1.5]


def test_of_equal_steps_the_one_within_the_row():
    assert warp(torch.zeros(2, 3)) == [(0, 0), (1, 0), (1, 1), (1, 2)]


@given(rows=st.integers(1, 4), columns=st.integers(1, 5), seed=st.integers(0, 99))
def test_no_path_is_cheaper(rows, columns, seed):
    cost = torch.rand(rows, columns, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) - 0.5
    path = warp(cost)
    assert (path[0], path[-1]) == ((0, 0), (rows - 1, columns - 1))
    for (i, j), (k, m) in itertools.pairwise(path):
        assert (k - i, m - j) in {(0, 1), (1, 0), (1, 1)}
    total = sum(cost[cell].item() for cell in path)
    least = min(sum(cost[cell].item() for cell in other) for other in every_path(rows, columns))
    assert math.isclose(total, least, abs_tol=1e-12)


def test_the_look_of_one_head_by_hand():
    maps = torch.tensor([[[1.0, 1.0, 2.0], [3.0, 1.0, 4.0]]])  # rows become 1/4 1/4 1/2 and 3/8 1/8 1/2
    # Of two tokens one lies one standard deviation above the mean and the other below, or both on it.
    torch.testing.assert_close(look(maps), torch.tensor([[-1.0, 1.0, 0.0], [1.0, -1.0, 0.0]]), atol=1e-6, rtol=0)


def test_a_single_peak_is_smoothed_away():
    maps = torch.full((2, 3, 11), 0.1)
    maps[0, 1, 5] = 0.9
    flat = look(maps)
    assert flat.shape == (3, 11)
    assert flat[1, 5] == flat[1, 1]  # three of seven are needed to move a median
    maps[0, 1, 3:7] = 0.9
    assert look(maps)[1, 4] > look(maps)[1, 0]


def test_heads_count_alike():
    generator = torch.Generator().manual_seed(3)
    maps = torch.rand(5, 3, 13, generator=generator)
    torch.testing.assert_close(look(maps), torch.stack([look(head[None]) for head in maps]).mean(0))
    torch.testing.assert_close(look(7 * maps), look(maps))  # rows are shares


def test_words_from_tokens():
    pieces = [" Ever", " tri", "ed", ",", " no", "."]
    found = word_times(pieces, [0.0, 1.0, 2.0, 3.0, 4.5, 5.0, 6.0])
    assert found == [WordTime("Ever", 0.0, 1.0), WordTime("tried,", 1.0, 3.0), WordTime("no.", 4.5, 5.0)]
    assert word_times(["Un", "seen"], [0.0, 1.0, 2.0]) == [WordTime("Unseen", 0.0, 2.0)]
    assert word_times([], [0.0]) == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: warp(torch.rand(3)), "warp: cost must be of shape (N, M), got shape (3,)"),
        (lambda: warp(torch.rand(0, 3)), "warp: cost must be a non-empty tensor"),
        (
            lambda: warp(torch.tensor([[0.0, torch.nan]])),
            "warp: cost must be finite in every cell, got NaN or infinity",
        ),
        (lambda: look(torch.rand(3, 5)), "look: maps must be of shape (heads, N, M), got shape (3, 5)"),
        (lambda: word_times(["a"], [0.0]), "word_times: begins must be 2 times, one more than tokens, got 1 times"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
