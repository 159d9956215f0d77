"""PositionWaves' state and errors in Python, and its JavaScript against the package's encoding."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
import traitlets

from course_attn.positional import sinusoidal_encoding
from course_attn.viz import style
from course_attn.widgets import PositionWaves, position_waves

FOLDER = Path(position_waves.__file__).parent
SCRIPT = FOLDER / "position_waves.js"
SETTINGS = [(width, base) for width in position_waves.WIDTHS for base in (1.0, 10.0, 10000.0, 1e6)]


def test_the_default_and_its_words_are_stable():
    widget = PositionWaves()
    assert (widget.width, widget.base, widget.place) == (32, 10000.0, 40)
    assert repr(widget) == "PositionWaves(width 32, base 10000)"


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


def test_the_stored_code_is_the_code_in_the_files():
    state = PositionWaves().get_state()
    assert state["_esm"] == SCRIPT.read_text(encoding="utf-8")
    assert state["_css"] == (FOLDER / "position_waves.css").read_text(encoding="utf-8")
    assert "import " not in re.sub(r"//.*|/\*.*?\*/", "", state["_esm"]), "a widget imports nothing"
    assert not re.search(r"console\.|https?://(?!www\.w3\.org/2000/svg)", state["_esm"])


def test_both_files_have_one_number_of_places_and_the_same_widths():
    script = SCRIPT.read_text(encoding="utf-8")
    assert f"const PLACES = {position_waves.PLACES};" in script
    assert f"const WIDTHS = {list(position_waves.WIDTHS)};" in script


@pytest.fixture
def javascript(tmp_path, lacking):
    """Computes an expression in which ``w`` is the widget's module and ``a`` the argument."""
    node = shutil.which("node")
    if not node:
        lacking("node must be there to run the widget's JavaScript")
    module = tmp_path / "widget.mjs"  # node reads .mjs as a module whatever its version
    module.write_text(SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")

    def run(expression, argument):
        program = (
            f"import * as w from {json.dumps(module.as_uri())};"
            "let text = ''; for await (const part of process.stdin) text += part; const a = JSON.parse(text);"
            f"console.log(JSON.stringify({expression}));"
        )
        command = [node, "--input-type=module", "-e", program]
        done = subprocess.run(command, input=json.dumps(argument), capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    return run


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


@pytest.mark.parametrize(
    ("width", "base", "place", "sentence"),
    [
        (
            32,
            10000,
            40,
            "Place 40 is 16 clocks: the fastest goes round in 6.3 places, the slowest in 35\u202f000; 10 of them do "
            "not get round once in 128. The next place is 96 % like it; 16 places away it is less than half.",
        ),
        (
            4,
            1,
            0,
            "Place 0 is 2 clocks: the fastest goes round in 6.3 places, the slowest in 6.3; all of them get round once "
            "in 128. The next place is 54 % like it; 2 places away it is less than half. But 6 places away it is 96 % "
            "like it again: two places that can hardly be told apart.",
        ),
        (
            4,
            1e6,
            3,
            "Place 3 is 2 clocks: the fastest goes round in 6.3 places, the slowest in 6\u202f300; 1 of them does not "
            "get round once in 128. The next place is 77 % like it; 2 places away it is less than half. But 6 places "
            "away it is 98 % like it again: two places that can hardly be told apart.",
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
    css = (FOLDER / "position_waves.css").read_text(encoding="utf-8")
    blocks = re.findall(r"\{(\s*color-scheme[^}]*)\}", css)
    light, dark = (dict(re.findall(r"--pw-(\w+):[^;]*?(#[0-9a-f]{6})", block)) for block in blocks[:2])
    assert dict(re.findall(r"--pw-(\w+):[^;]*?(#[0-9a-f]{6})", blocks[2])) == dark, "two ways into one dark theme"
    for colours in (light, dark):
        for name in ("ink", "soft"):
            assert style.contrast(colours[name], colours["back"]) >= 4.5, name
        for name in ("mark", "line", "field"):
            assert style.contrast(colours[name], colours["back"]) >= 3, name
