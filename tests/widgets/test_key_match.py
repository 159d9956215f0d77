"""KeyMatch's state and errors in Python, and its JavaScript against torch's cosines."""

import re

import pytest
import torch
import traitlets
from torch.nn import functional as F

from course_attn.viz import style
from course_attn.widgets import KeyMatch, key_match

FIGURE = KeyMatch  # whose JavaScript is run
ROWS, COLUMNS, WIDTH = 5, 13, 11


def keys(seed=0, width=WIDTH):
    return torch.randn(ROWS, COLUMNS, width, generator=torch.Generator().manual_seed(seed))


def widget(**options):
    arguments = {"picture": torch.rand(3, 10, 26), "key_vectors": keys(), "presets": {"a": (1, 2), "b": (4, 12)}}
    return KeyMatch(**(arguments | options))


def cosines(key_vectors, chosen):
    unit = F.normalize(key_vectors.flatten(0, 1).double(), dim=-1)
    return unit @ unit[chosen]


def test_it_starts_at_the_first_preset():
    shown = widget()
    assert (shown.row, shown.column, shown.grid, shown.size) == (1, 2, [5, 13], [10, 26])
    assert shown.contents() == "5 x 13 patches, at 1, 2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"picture": torch.full((3, 2, 2), 1.5)}, "KeyMatch: picture must be from 0 to 1, got 1.5 to 1.5"),
        ({"presets": {}}, "KeyMatch: presets must be at least one named patch, got none"),
        ({"presets": {"a": (5, 0)}}, "KeyMatch: a must be from 0 to 4, got int 5"),
        ({"presets": {"a": (0, -1)}}, "KeyMatch: a must be from 0 to 12, got int -1"),
        ({"width": 0}, "KeyMatch: width must be a whole number of at least 1, got int 0"),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        widget(**arguments)


@pytest.mark.parametrize("name", ["picture", "key_vectors"])
def test_wrong_axes_are_named(name):
    with pytest.raises(ValueError, match=f"^KeyMatch: {name} must be"):
        widget(**{name: torch.zeros(4, 4)})


@pytest.mark.parametrize(("name", "value"), [("row", 5), ("row", -1), ("column", 13)])
def test_a_bad_change_is_refused_and_changes_nothing(name, value):
    shown = widget()
    before = getattr(shown, name)
    with pytest.raises((ValueError, traitlets.TraitError), match=f"KeyMatch: {name} must be"):
        setattr(shown, name, value)
    assert getattr(shown, name) == before


def test_cut_keys_keep_what_differs_most():
    wide = F.pad(keys(width=3), (0, 60)) @ torch.linalg.qr(torch.randn(63, 63))[0]  # three directions among 63
    short = (key_match.packed(wide, 3).double() - 128) / 127
    torch.testing.assert_close(
        F.normalize(short, dim=-1) @ F.normalize(short[7], dim=-1), cosines(wide, 7), atol=0.02, rtol=0
    )


def test_the_javascript_computes_the_cosines(javascript):
    for seed, chosen in ((0, 0), (1, 17), (2, 64)):
        shown = widget(key_vectors=keys(seed))
        got = javascript(
            "w.likeness(w.keysOf(w.bytesOf(a.packed), a.count), a.chosen)",
            {"packed": shown.map_bytes[0], "count": ROWS * COLUMNS, "chosen": chosen},
        )
        found = torch.tensor(got, dtype=torch.float64)
        torch.testing.assert_close(found, cosines(keys(seed), chosen), atol=0.02, rtol=0)
        assert found[chosen] == pytest.approx(1)


@pytest.mark.parametrize("chosen", [0, 6, 19, 64])
def test_the_best_match_is_not_among_the_surroundings(javascript, chosen):
    values = cosines(keys(), chosen)
    best = javascript("w.bestFar(a[0], 13, a[1])", [values.tolist(), chosen])
    places = torch.cartesian_prod(torch.arange(ROWS), torch.arange(COLUMNS))
    far = (places - places[chosen]).abs().amax(-1) > 4
    assert best == int(values.masked_fill(~far, -2).argmax())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            [[1, 0.5, 0.25, 0.125, 0, 0.75, -0.5, 0.0], 8, 0, "eye"],
            "The key of row 0, column 0 (eye): more than 4 patches away, row 0, column 5 matches best, cosine 0.75. "
            "Half of all patches are below 0.25.",
        ),
        ([[1, 0.5], 2, 1, ""], "The key of row 0, column 1: no patch is more than 4 patches away."),
    ],
)
def test_what_it_says_in_words(javascript, arguments, sentence):
    assert javascript("w.describe(...a)", arguments) == sentence


def test_colours_are_those_of_the_books_pictures(javascript):
    values = [0, 0.1, 0.5, 0.9, 1]
    for value, rgb in zip(values, javascript("a.map(w.colour)", values), strict=True):
        assert rgb == pytest.approx([255 * c for c in style.WEIGHTS(float(value))[:3]], abs=3), (
            "matplotlib has 256 steps"
        )
