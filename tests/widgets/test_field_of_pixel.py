"""ReceptiveField's state and errors in Python, and its JavaScript against the package's measured receptive fields."""

import base64
import re

import pytest
import torch
import traitlets
from torch import nn

from course_attn.vision.receptive_field import measured_field, receptive_field
from course_attn.widgets import ReceptiveField, field_of_pixel

FIGURE = ReceptiveField  # whose JavaScript is run
SETTINGS = [(k, depth, s) for k in field_of_pixel.KERNELS for depth in (1, 2, 3, 5) for s in field_of_pixel.STRIDES]


def stack(kernel, depth, stride):
    """The convolutions that the figure is about, with weights of 1: their gradient counts paths."""
    layers = [nn.Conv2d(1, 1, kernel, stride=stride, padding=kernel // 2, bias=False) for _ in range(depth)]
    for layer in layers:
        nn.init.ones_(layer.weight)
    return nn.Sequential(*layers).double()


def test_the_default_and_its_words_are_stable():
    widget = ReceptiveField()
    assert (widget.kernel, widget.depth, widget.stride, widget.row, widget.column) == (3, 3, 1, 16, 16)
    assert widget.pixels == ""
    assert widget.contents() == "3 layers of 3 x 3, stride 1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kernel": 4}, "ReceptiveField: kernel must be one of 1, 3, 5, 7, got int 4"),
        ({"depth": 9}, "ReceptiveField: depth must be from 1 to 8, got int 9"),
        ({"depth": 0}, "ReceptiveField: depth must be from 1 to 8, got int 0"),
        ({"stride": 3}, "ReceptiveField: stride must be one of 1, 2, got int 3"),
        ({"stride": True}, "ReceptiveField: stride must be one of 1, 2, got bool True"),
        ({"row": 32}, "ReceptiveField: row must be from 0 to 31, got int 32"),
        ({"column": -1}, "ReceptiveField: column must be from 0 to 31, got int -1"),
        ({"column": 1.0}, "ReceptiveField: column must be from 0 to 31, got float 1.0"),
        ({"picture": 2 * torch.ones(32, 32)}, "ReceptiveField: picture must be from 0 to 1, got 2 to 2"),
        ({"picture": torch.full((32, 32), torch.nan)}, "ReceptiveField: picture must be from 0 to 1, got nan to nan"),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        ReceptiveField(**arguments)


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"^ReceptiveField: picture must be"):
        ReceptiveField(picture=torch.zeros(31, 32))


@pytest.mark.parametrize(("name", "value"), [("kernel", 2), ("depth", 99), ("stride", 0), ("row", -3), ("column", 32)])
def test_a_bad_change_is_refused_and_changes_nothing(name, value):
    widget = ReceptiveField()
    before = getattr(widget, name)
    with pytest.raises((ValueError, traitlets.TraitError), match=f"ReceptiveField: {name} must be"):
        setattr(widget, name, value)
    assert getattr(widget, name) == before


def test_the_picture_travels_as_one_byte_a_pixel():
    picture = torch.linspace(0, 1, 32 * 32).view(32, 32)
    sent = base64.b64decode(ReceptiveField(picture=picture).pixels)
    assert (len(sent), sent[0], sent[-1], sent[100]) == (1024, 0, 255, round(255 * 100 / 1023))


def test_both_files_have_the_same_choices():
    script = ReceptiveField._esm
    assert f"const SIDE = {field_of_pixel.SIDE};" in script
    assert f"const KERNELS = {list(field_of_pixel.KERNELS)};" in script
    assert f"const DEEPEST = {field_of_pixel.DEEPEST};" in script


def test_the_paths_are_the_gradient_of_real_convolutions(javascript):
    chosen = [(row, column) for row in (0, 5, 16, 31) for column in (2, 30)]
    asked = [[*setting, *place] for setting in SETTINGS for place in chosen]
    found = javascript(
        "a.map(([k, d, s, r, c]) => [w.paths(k, d, s, r), w.paths(k, d, s, c),"
        " w.outputPlace(r, d, s), w.outputPlace(c, d, s)])",
        asked,
    )
    image = torch.zeros(1, 1, 32, 32, dtype=torch.float64)
    for (kernel, depth, stride, *_), (rows, columns, down, across) in zip(asked, found, strict=True):
        probe = image.clone().requires_grad_()
        output = stack(kernel, depth, stride)(probe)
        (wanted,) = torch.autograd.grad(output[0, 0, down, across], probe)
        got = torch.tensor(rows, dtype=torch.float64)[:, None] * torch.tensor(columns, dtype=torch.float64)
        torch.testing.assert_close(got, wanted[0, 0])


def test_the_reach_is_the_packages_receptive_field(javascript):
    found = javascript("a.map(([k, d, s]) => w.reach(k, d, s, 16))", SETTINGS)
    for (kernel, depth, stride), (first, last) in zip(SETTINGS, found, strict=True):
        field = receptive_field([(kernel, stride, 1)] * depth)
        assert last - first + 1 <= min(field, 32)
        if first > 0 and last < 31:
            assert last - first + 1 == field
        seen = measured_field(
            stack(kernel, depth, stride), torch.zeros(1, 1, 32, 32).double(), (16 // stride**depth,) * 2
        )
        rows = seen.any(1).nonzero()[:, 0]
        assert (int(rows[0]), int(rows[-1])) == (first, last)


def test_how_many_layers_see_everything(javascript):
    asked = [[k, s, row, column] for k in (3, 5, 7) for s in (1, 2) for row, column in ((0, 0), (16, 16), (31, 4))]
    for (kernel, stride, row, column), depth in zip(
        asked, javascript("a.map((x) => w.layersForAll(...x))", asked), strict=True
    ):
        furthest = max(row, 31 - row, column, 31 - column)
        if stride == 1:
            assert depth == -(-furthest // (kernel // 2))
        reaches = javascript("a.map(([k, d, s, p]) => w.reach(k, d, s, p))", [[kernel, depth, stride, row]])
        assert reaches == [[0, 31]]
    assert javascript("w.layersForAll(1, 1, 3, 3)", None) == 0


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            [3, 3, 1, 16, 16],
            "3 layers of 3 × 3: from row 16, column 16 the output sees 7 × 7 = 49 of 1024 pixels, 5 %. The best "
            "connected pixel reaches it by 49 paths, the worst by 1. To see everything it takes 16 such layers; "
            "attention takes one.",
        ),
        (
            [5, 1, 1, 0, 16],
            "1 layer of 5 × 5: from row 0, column 16 the output sees 3 × 5 = 15 of 1024 pixels, 1 %. To see everything "
            "it takes 16 such layers; attention takes one.",
        ),
        (
            [1, 4, 2, 9, 9],
            "4 layers of 1 × 1 with stride 2: from row 9, column 9 the output sees 1 × 1 = 1 of 1024 pixels, less than "
            "1 %. Such layers never see more; one layer of attention sees everything.",
        ),
        (
            [7, 8, 1, 16, 16],
            "8 layers of 7 × 7: from row 16, column 16 the output sees 32 × 32 = 1024 of 1024 pixels, 100 %.",
        ),
    ],
)
def test_what_it_says_in_words(javascript, asked, sentence):
    said = javascript("w.describe(...a)", asked)
    assert said == sentence or (said.startswith(sentence + " The best") and asked[1] == 8)
