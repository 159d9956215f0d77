"""PositionWaves' state and errors in Python, and its JavaScript against the package's encoding."""

import re

import pytest
import torch
import traitlets
from figures import colours

from course_attn.positional import sinusoidal_encoding
from course_attn.viz import style
from course_attn.widgets import PositionWaves, position_waves

FIGURE = PositionWaves  # whose JavaScript is run
SETTINGS = [(width, base) for width in position_waves.WIDTHS for base in (1.0, 10.0, 10000.0, 1e6)]


def test_the_default_and_its_words_are_stable():
    widget = PositionWaves()
    assert (widget.width, widget.base, widget.place) == (32, 10000.0, 40)
    assert widget.contents() == "width 32, base 10000"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 7}, "PositionWaves: width must be one of 4, 8, 16, 32, 64, 128, got 7"),
        ({"width": 8.0}, "PositionWaves: width must be a whole number of at least 1, got float 8.0"),
        ({"base": 0.5}, "PositionWaves: base must be from 1 to 1 000 000, got float 0.5"),
        ({"base": float("nan")}, "PositionWaves: base must be from 1 to 1 000 000, got float nan"),
        ({"base": True}, "PositionWaves: base must be from 1 to 1 000 000, got bool True"),
        ({"place": 128}, "PositionWaves: place must be a whole number from 0 to 127, got int 128"),
        ({"place": -1}, "PositionWaves: place must be a whole number from 0 to 127, got int -1"),
        ({"place": 1.5}, "PositionWaves: place must be a whole number from 0 to 127, got float 1.5"),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        PositionWaves(**arguments)


@pytest.mark.parametrize(("name", "value"), [("width", 6), ("base", -1.0), ("place", 200)])
def test_a_bad_change_is_refused_and_changes_nothing(name, value):
    widget = PositionWaves()
    before = getattr(widget, name)
    with pytest.raises((ValueError, traitlets.TraitError), match=f"PositionWaves: {name} must be"):
        setattr(widget, name, value)
    assert getattr(widget, name) == before


def test_both_files_have_one_number_of_places_and_the_same_widths():
    script = PositionWaves._esm
    assert f"const PLACES = {position_waves.PLACES};" in script
    assert f"const WIDTHS = {list(position_waves.WIDTHS)};" in script


def test_the_javascript_computes_the_packages_table(javascript):
    found = javascript("a.map(([D, b]) => [...Array(128).keys()].map((p) => w.encoding(p, D, b)))", SETTINGS)
    for (width, base), table in zip(SETTINGS, found, strict=True):
        wanted = sinusoidal_encoding(128, width, base, dtype=torch.float64)
        torch.testing.assert_close(torch.tensor(table, dtype=torch.float64), wanted, atol=1e-9, rtol=0)


def test_likeness_is_the_dot_product_over_its_largest(javascript):
    found = javascript("a.map(([D, b]) => [...Array(128).keys()].map((d) => w.likeness(d, D, b)))", SETTINGS)
    for (width, base), shares in zip(SETTINGS, found, strict=True):
        table = sinusoidal_encoding(128, width, base, dtype=torch.float64)
        wanted = table @ table[0] / (width / 2)
        torch.testing.assert_close(torch.tensor(shares, dtype=torch.float64), wanted, atol=1e-9, rtol=0)


@pytest.mark.parametrize(("width", "base"), SETTINGS)
def test_its_words_about_nearness_are_true_of_the_packages_table(javascript, width, base):
    sentence = javascript("w.describe(...a)", [width, base, 0])
    table = sinusoidal_encoding(128, width, base, dtype=torch.float64)
    near = (table @ table[0] / (width / 2) > 0.5).tolist()
    if all(near):
        assert "and every other more than half." in sentence
        return
    half = near.index(False)
    again = sum(near[half:])
    told = re.search(r"; (?:from )?(\d+) places (?:on|away) it is less than half", sentence)
    assert told is not None
    assert int(told[1]) == half
    assert (f"again at {again} of the {127 - half} distances beyond" in sentence) == (again > 0)
    assert (f"from {half} places on" in sentence) == (again == 0)


@pytest.mark.parametrize(
    ("width", "base", "place", "sentence"),
    [
        (
            32,
            10000,
            40,
            "Place 40 is 16 clocks: the fastest goes round in 6.3 places, the slowest in 35\u202f000; 10 of them do "
            "not get round once in 128. The next place is 96 % like it; 16 places away it is less than half for the "
            "first time, and more again at 43 of the 111 distances beyond.",
        ),
        (
            4,
            1,
            0,
            "Place 0 is 2 clocks: the fastest goes round in 6.3 places, the slowest in 6.3; all of them get round once "
            "in 128. The next place is 54 % like it; 2 places away it is less than half for the first time, and more "
            "again at 42 of the 125 distances beyond. But 6 places away it is 96 % like it again: two places that can "
            "hardly be told apart.",
        ),
        (
            4,
            1e6,
            3,
            "Place 3 is 2 clocks: the fastest goes round in 6.3 places, the slowest in 6\u202f300; 1 of them does not "
            "get round once in 128. The next place is 77 % like it; 2 places away it is less than half for the first "
            "time, and more again at 63 of the 125 distances beyond. But 6 places away it is 98 % like it again: two "
            "places that can hardly be told apart.",
        ),
        (
            16,
            100,
            7,
            "Place 7 is 8 clocks: the fastest goes round in 6.3 places, the slowest in 350; 2 of them do not get "
            "round once in 128. The next place is 91 % like it; from 4 places on it is less than half.",
        ),
        (
            128,
            1e6,
            0,
            "Place 0 is 64 clocks: the fastest goes round in 6.3 places, the slowest in 5\u202f100\u202f000; 50 of "
            "them do not get round once in 128. The next place is 98 % like it, and every other more than half.",
        ),
    ],
)
def test_what_it_says_in_words(javascript, width, base, place, sentence):
    assert javascript("w.describe(...a)", [width, base, place]) == sentence


def test_colours_are_those_of_the_books_pictures(javascript):
    values = [-1, -0.5, 0, 0.25, 1]
    found = javascript("a.map(w.colour)", values)
    for value, rgb in zip(values, found, strict=True):
        wanted = [255 * c for c in style.SIGNED((value + 1) / 2)[:3]]
        assert rgb == pytest.approx(wanted, abs=3), "matplotlib has 256 steps"


def test_own_colours_are_readable_in_both_themes():
    for shades in colours(PositionWaves._css):
        assert style.contrast(shades["line"], shades["back"]) >= 3
