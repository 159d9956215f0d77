"""PatchAttention's state and errors in Python, and its JavaScript against the weights it was given."""

import re

import pytest
import torch
import traitlets

from course_attn.viz import style
from course_attn.widgets import PatchAttention, patch_attention

FIGURE = PatchAttention  # whose JavaScript is run
LAYERS, HEADS, ROWS, COLUMNS = 2, 3, 3, 5  # 16 tokens


def weights(columns=COLUMNS, seed=0):
    generator = torch.Generator().manual_seed(seed)
    tokens = 1 + ROWS * columns
    return (4 * torch.randn(LAYERS, HEADS, tokens, tokens, generator=generator)).softmax(-1)


def widget(**options):
    arguments = {
        "picture": torch.rand(3, 6, 10),
        "weights": weights(),
        "grid": (ROWS, COLUMNS),
        "presets": {"eye": (1, 2)},
    }
    return PatchAttention(**(arguments | options))


def test_it_keeps_what_it_was_given():
    shown = widget(layer=1, head=2, query=8)
    assert (shown.layer, shown.head, shown.query) == (1, 2, 8)
    assert (shown.num_layers, shown.num_heads, shown.grid, shown.size) == (2, 3, [3, 5], [6, 10])
    assert shown.presets == {"eye": [1, 2]}
    assert shown.contents() == "3 x 5 patches, 2 layers of 3 heads"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"picture": torch.full((3, 2, 2), 1.5)}, "PatchAttention: picture must be from 0 to 1, got 1.5 to 1.5"),
        ({"weights": weights() - 1}, "PatchAttention: weights must be from 0 to 1, got -1 to "),
        ({"presets": {"a": (3, 0)}}, "PatchAttention: a must be a patch of the 3 x 5 grid, got (3, 0)"),
        ({"presets": {"a": (0, -1)}}, "PatchAttention: a must be a patch of the 3 x 5 grid, got (0, -1)"),
        ({"layer": 2}, "PatchAttention: layer must be from 0 to 1, got int 2"),
        ({"query": 16}, "PatchAttention: query must be from 0 to 15, got int 16"),
        ({"grid": (3, 4)}, "PatchAttention: weights must be "),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        widget(**arguments)


@pytest.mark.parametrize(("name", "value"), [("layer", 2), ("head", -1), ("query", 16)])
def test_a_bad_change_is_refused_and_changes_nothing(name, value):
    shown = widget()
    before = getattr(shown, name)
    with pytest.raises((ValueError, traitlets.TraitError), match=f"PatchAttention: {name} must be"):
        setattr(shown, name, value)
    assert getattr(shown, name) == before


def test_a_row_of_zeros_can_be_carried():
    assert patch_attention.packed(torch.zeros(1, 1, 2, 3)).tolist() == [[0, 0, 0, 0], [0, 0, 0, 0]]


def test_two_weights_go_into_a_byte():
    # Half of 65 535 is 32 767.5, rounded to an even number: 128 and 0. Levels 15, 0, 6, and a 0 to fill the byte.
    assert patch_attention.packed(torch.tensor([[0.5, 0.0, 0.2]])).tolist() == [[128, 0, 0xF0, 0x60]]


@pytest.mark.parametrize("columns", [5, 4])  # an even and an odd number of tokens
def test_the_javascript_reads_the_weights_that_were_given(javascript, columns):
    given = weights(columns)
    tokens = 1 + ROWS * columns
    packed = widget(weights=given, grid=(ROWS, columns)).map_bytes[0]
    got = torch.tensor(
        javascript(
            f"[...Array({LAYERS}).keys()].map(l => [...Array({HEADS}).keys()].map(h => [...Array(a.tokens).keys()]"
            f".map(q => w.rowOf(w.bytesOf(a.packed), a.tokens, {HEADS}, l, h, q))))",
            {"packed": packed, "tokens": tokens},
        )
    )
    assert ((got - given).abs() <= given.amax(-1, keepdim=True) / 30 + 1e-4).all(), "half a step of 15"
    assert (got.argmax(-1) == given.argmax(-1)).float().mean() > 0.9, "rounding may make ties"


def test_half_of_the_attention(javascript):
    assert javascript("w.halfOf(a)", [0.1, 0.3, 0.2, 0.4]) == 2
    assert javascript("w.halfOf(a)", [0.0, 0.6, 0.4]) == 1
    assert javascript("w.halfOf(a)", [0.25] * 4) == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            [[0.5, 0.05, 0.25, 0.2, 0], 2, 6, 1, 0, ""],
            "Layer 7, head 2: of the attention of the class token, 50 % stays with itself. Of the patches, row 0, "
            "column 1 gets most, 25 %. Half of all attention is held by 1 of 5 tokens.",
        ),
        (
            [[0.04, 0.06, 0.3, 0.2, 0.4], 2, 0, 0, 3, "eye"],
            "Layer 1, head 1: of the attention of the patch at row 1, column 0 (eye), 20 % stays with itself, 4.0 % "
            "goes to the class token. Of the patches, row 1, column 1 gets most, 40 %. Half of all attention is held "
            "by 2 of 5 tokens.",
        ),
        (
            [[0.1, 0.9, 0], 2, 0, 0, 1, ""],
            "Layer 1, head 1: of the attention of the patch at row 0, column 0, 90 % stays with itself, 10 % goes to "
            "the class token. Of the patches, itself gets most, 90 %. Half of all attention is held by 1 of 3 tokens.",
        ),
    ],
)
def test_what_it_says_in_words(javascript, arguments, sentence):
    assert javascript("w.describe(...a)", arguments).replace("\u00a0", " ") == sentence


def test_colours_are_those_of_the_books_pictures(javascript):
    values = [0, 0.1, 0.5, 0.9, 1]
    for value, rgb in zip(values, javascript("a.map(w.colour)", values), strict=True):
        assert rgb == pytest.approx([255 * c for c in style.WEIGHTS(float(value))[:3]], abs=3), (
            "matplotlib has 256 steps"
        )
