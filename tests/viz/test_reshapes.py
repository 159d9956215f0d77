"""Cells that move: each keeps its name and its colour, and stands where the tensor has it."""

import pytest
import torch

from course_attn import split_heads, viz
from course_attn.viz.reshapes import reshape_steps

NAMES = [f"{place}{column}" for place in "abc" for column in range(4)]
HEADS = [0, 0, 1, 1] * 3


def cells(ax):
    """Name of each cell → its place (left, bottom), stage by stage from left to right."""
    found = [(text.get_text(), text.get_position()) for text in ax.texts if text.get_text() in NAMES]
    return [dict(found[i : i + 12]) for i in range(0, len(found), 12)]


def test_split_heads_as_a_picture(ax):
    start = torch.arange(12.0).view(3, 4)
    split = split_heads(start[None], 2)[0]  # (h, N, d)
    reshape_steps([start, split], ["x", "heads"], ["split"], NAMES, HEADS, ax, notes=[None, "(h, N, d)"])
    before, after = cells(ax)
    assert before["a0"][1] > before["b0"][1] > before["c0"][1], "the first place is on top"
    assert before["a0"][0] < before["a1"][0] < before["a2"][0]
    # In the second stage a2 is the first cell of the second head: below the whole first head, in its first column.
    assert after["a2"][0] == after["a0"][0]
    assert after["a2"][1] < after["c1"][1]
    assert {"3 × 4", "2 × 3 × 2\n(h, N, d)", "split"} <= {text.get_text() for text in ax.texts}


def test_a_cell_keeps_its_colour(ax):
    start = torch.arange(12.0).view(3, 4)
    reshape_steps([start, start.T], ["x", "xᵀ"], ["→"], NAMES, HEADS, ax)
    filled = [patch for patch in ax.patches if patch.get_fill()]
    colour = [patch.get_facecolor() for patch in filled]
    order = [*range(12), *start.T.flatten().long().tolist()]
    for place, number in enumerate(order):
        assert colour[place] == colour[HEADS[number] * 2]
    assert colour[0] != colour[2]


def test_names_can_be_read_on_every_colour():
    ax = reshape_steps([torch.arange(6.0).view(2, 3)], ["x"], [], list("abcdef"), list(range(6)))
    for patch in ax.patches:
        if patch.get_fill():
            assert viz.style.contrast(patch.get_facecolor()[:3], viz.style.INK) >= 4.5
    ax.figure.canvas.draw()


@pytest.mark.parametrize(
    ("tensors", "options", "message"),
    [
        ([], {}, "tensors must be at least one stage"),
        ([torch.arange(12.0)], {}, r"tensors\[0\] must be of shape \(rows, columns\) or"),
        ([torch.zeros(3, 4)], {}, r"tensors\[0\] must be the numbers 0 to 11, each once"),
        ([torch.arange(12.0).view(3, 4)], {"groups": [0] * 11}, "groups must be 12 numbers from 0 to 5"),
        ([torch.arange(12.0).view(3, 4)], {"groups": [7] * 12}, "groups must be 12 numbers from 0 to 5"),
        ([torch.arange(12.0).view(3, 4)], {"notes": []}, "notes must be a list of 1 notes"),
    ],
)
def test_errors(tensors, options, message):
    groups = options.pop("groups", HEADS)
    with pytest.raises(ValueError, match=f"reshape_steps: {message}"):
        reshape_steps(tensors, ["x"] * len(tensors), [], NAMES, groups, **options)
