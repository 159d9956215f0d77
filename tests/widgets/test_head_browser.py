"""HeadBrowser's state and errors in Python, and its JavaScript: bytes, words, keys."""

import base64

import pytest
import torch
import traitlets
from figures import colours

from course_attn.viz import style
from course_attn.widgets.head_browser import HeadBrowser

FIGURE = HeadBrowser  # whose JavaScript is run
KINDS = {"previous": "the token before", "next": "the token after", "mixed": ""}
CLASSES = [["previous", "mixed", "next"], ["mixed", "mixed", "previous"]]
SHARES = torch.tensor([[0.75, 0.11, 0.5], [0.13, 0.17, 0.3]])


def some_maps(layers=2, heads=3):
    """Two sentences of five and seven tokens."""
    generator = torch.Generator().manual_seed(11)
    made = []
    for tokens in (["[CLS]", "i", "saw", "##ing", "[SEP]"], ["[CLS]", "i", "saw", "a", "saw", ".", "[SEP]"]):
        scores = torch.randn(layers, heads, len(tokens), len(tokens), generator=generator)
        made.append((tokens, scores.softmax(-1)))
    return made


def browser(**changes):
    arguments = {"maps": some_maps(), "kinds": KINDS, "classes": CLASSES, "shares": SHARES} | changes
    return HeadBrowser(**arguments)


def test_state_is_what_was_given_and_small():
    widget = browser(layer=1, head=2, query=3)
    assert widget.contents() == "2 layers, 3 heads, 2 sentences"
    assert widget.classes == [[0, 2, 1], [2, 2, 0]]
    assert widget.shares == [[0.75, 0.11, 0.5], [0.13, 0.17, 0.3]]
    assert (widget.sentence, widget.layer, widget.head, widget.query) == (0, 1, 2, 3)
    assert [len(base64.b64decode(text)) for text in widget.map_bytes] == [6 * 25, 6 * 49], "a byte a weight"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"maps": []}, "maps must be at least one sentence, got none"),
        ({"maps": [(["a", "b"], torch.ones(2, 3, 2, 5))]}, r"maps\[0\] must be of shape \(2, 3, 2, 2\)"),
        ({"maps": [(["a"], torch.ones(3, 1, 1))]}, r"maps\[0\] must be weights of shape \(layers, h, N, N\)"),
        ({"maps": [(["a"], torch.full((2, 3, 1, 1), 1.5))]}, r"maps\[0\] must be from 0 to 1, got 1.5 to 1.5"),
        ({"maps": [(["a"] * 41, torch.ones(2, 3, 41, 41))]}, r"maps\[0\] must be of 1 to 40 tokens, got 41"),
        ({"maps": [*some_maps(), *some_maps(layers=1)]}, r"maps\[2\] must be of shape \(2, 3, 5, 5\)"),
        ({"kinds": {}}, "kinds must be at least one name"),
        ({"classes": [["mixed"] * 3]}, "classes must be 2 rows of 3 names, got 1 rows of 3"),
        ({"classes": [["mixed"] * 3, ["mixed", "next", "nxt"]]}, "classes must be names out of .*, got 'nxt'"),
        ({"shares": torch.ones(3, 2)}, r"shares must be of shape \(2, 3\), from 0 to 1"),
        ({"shares": 2 * torch.ones(2, 3)}, r"shares must be of shape \(2, 3\), from 0 to 1"),
        ({"layer": 2}, "layer must be from 0 to 1, got 2"),
        ({"query": 7}, "query must be from 0 to 6, got 7"),
    ],
)
def test_bad_arguments_say_what_is_wrong(changes, message):
    with pytest.raises(ValueError, match=f"HeadBrowser: {message}"):
        browser(**changes)


@pytest.mark.parametrize(("name", "value"), [("sentence", 2), ("layer", -1), ("head", 3), ("query", 7)])
def test_a_bad_change_is_refused_and_changes_nothing(name, value):
    widget = browser()
    with pytest.raises((ValueError, traitlets.TraitError), match=f"HeadBrowser: {name} must be"):
        setattr(widget, name, value)
    assert getattr(widget, name) == 0


def test_the_javascript_shows_the_models_own_weights(javascript):
    maps, widget = some_maps(), browser()
    for i, (tokens, weights) in enumerate(maps):
        found = javascript(
            "[0, 1].map((l) => [0, 1, 2].map((h) => w.mapOf(w.bytesOf(a.bytes), a.length, 3, l, h)))",
            {"bytes": widget.map_bytes[i], "length": len(tokens)},
        )
        torch.testing.assert_close(torch.tensor(found), weights, atol=0.5 / 255 + 1e-6, rtol=0)


@pytest.mark.parametrize(
    ("kind", "row", "sentence"),
    [
        (
            0,
            [0.02, 0.8, 0.18, 0.0],
            "Layer 1, head 3: a head of the kind “previous”: on average 75 % of its attention goes to the token "
            "before. Here “sat” looks at “cat” (just before, 80 %) and “sat” (itself, 18 %).",
        ),
        (
            1,
            [0.4, 0.0, 0.2, 0.4],
            "Layer 1, head 3: a head of the kind “mixed”. Here “sat” looks at “the” (40 %), “on” (just after, 40 %) "
            "and “sat” (itself, 20 %).",
        ),
        (
            1,
            [0.09, 0.09, 0.09, 0.09],
            "Layer 1, head 3: a head of the kind “mixed”. Here “sat” gives no token as much as 10 %.",
        ),
    ],
)
def test_what_it_says_in_words(javascript, kind, row, sentence):
    kinds = [["previous", "the token before"], ["mixed", ""]]
    found = javascript("w.describe(0, 2, a[0], 0.75, ['the', 'cat', 'sat', 'on'], 2, a[1])", [kinds[kind], row])
    assert found == sentence.replace(" %", "\N{NO-BREAK SPACE}%")


def test_strongest_are_at_most_three_and_at_least_a_tenth(javascript):
    row = [0.25, 0.05, 0.2, 0.25, 0.15, 0.1]
    assert [one["place"] for one in javascript("w.strongest(a)", row)] == [0, 3, 2]
    assert [one["place"] for one in javascript("w.strongest(a, 9)", row)] == [0, 3, 2, 4, 5]


def test_arrow_keys_stay_in_the_grid(javascript):
    moves = [("ArrowRight", 0), ("ArrowRight", 2), ("ArrowLeft", 3), ("ArrowDown", 1), ("ArrowDown", 4), ("ArrowUp", 4)]
    moves += [("Home", 5), ("End", 3), ("Enter", 2)]
    assert javascript("a.map(([key, at]) => w.step(key, at, 3, 6))", moves) == [1, 2, 3, 4, 4, 1, 3, 5, None]


def test_a_sentence_to_choose_is_readable(javascript):
    tokens = ["[CLS]", "i", "saw", "##ing", ",", "she", "said", ".", "[SEP]"]
    assert javascript("w.sentenceOf(a)", tokens) == "i sawing, she said."


def test_own_colours_are_readable_in_both_themes():
    for shades in colours(HeadBrowser._css):
        for number in range(5):
            assert style.contrast(shades["text"], shades[f"kind{number}"]) >= 4.5, number
            assert style.contrast(shades["mark"], shades[f"kind{number}"]) >= 3, number
        assert style.contrast(shades["full"], shades["none"]) >= 7
