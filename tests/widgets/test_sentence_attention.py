"""SentenceAttention's state and errors in Python, and its JavaScript: means over heads, marks, words."""

import base64

import pytest
import torch
import traitlets
from figures import colours

from course_attn.viz import style
from course_attn.widgets import SentenceAttention

FIGURE = SentenceAttention  # whose JavaScript is run


def some_maps(layers=2, heads=3):
    """Two sentences of five and seven tokens."""
    generator = torch.Generator().manual_seed(13)
    made = []
    for tokens in (["[CLS]", "i", "saw", "##ing", "[SEP]"], ["[CLS]", "i", "saw", "a", "saw", ".", "[SEP]"]):
        scores = torch.randn(layers, heads, len(tokens), len(tokens), generator=generator)
        made.append((tokens, scores.softmax(-1)))
    return made


def test_state_is_what_was_given_and_a_byte_a_weight():
    widget = SentenceAttention(some_maps(), sentence=1, word=4, layer=1, head=2, words_only=False)
    assert widget.contents() == "2 sentences, 2 layers, 3 heads"
    assert (widget.sentence, widget.word, widget.layer, widget.head) == (1, 4, 1, 2)
    assert widget.words_only is False
    assert widget.sentences[0] == ["[CLS]", "i", "saw", "##ing", "[SEP]"]
    assert [len(base64.b64decode(text)) for text in widget.map_bytes] == [6 * 25, 6 * 49]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"maps": []}, "maps must be at least one sentence, got none"),
        ({"maps": [(["a"], torch.ones(3, 1, 1))]}, r"maps\[0\] must be weights of shape \(layers, h, N, N\)"),
        ({"maps": [(["a", "b"], torch.ones(2, 3, 2, 5))]}, r"maps\[0\] must be of shape \(2, 3, 2, 2\)"),
        ({"maps": [*some_maps(), *some_maps(layers=1)]}, r"maps\[2\] must be of shape \(2, 3, 5, 5\)"),
        ({"maps": [(["a"] * 41, torch.ones(2, 3, 41, 41))]}, r"maps\[0\] must be of 1 to 40 tokens, got 41"),
        ({"maps": [(["a"], torch.full((2, 3, 1, 1), 1.5))]}, r"maps\[0\] must be from 0 to 1, got 1.5 to 1.5"),
        ({"sentence": 2}, "sentence must be from 0 to 1, got 2"),
        ({"word": 7}, "word must be from 0 to 6, got 7"),
        ({"layer": -2}, "layer must be from -1 to 1, got -2"),
        ({"head": 3}, "head must be from -1 to 2, got 3"),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(ValueError, match="SentenceAttention: " + message):
        SentenceAttention(**({"maps": some_maps()} | arguments))


def test_a_bad_change_is_refused_and_changes_nothing():
    widget = SentenceAttention(some_maps())
    with pytest.raises((ValueError, traitlets.TraitError), match="SentenceAttention: head must be from -1 to 2, got 5"):
        widget.head = 5
    assert widget.head == -1


@pytest.mark.parametrize(("layer", "head"), [(-1, -1), (1, -1), (-1, 2), (0, 1)])
@pytest.mark.parametrize("words_only", [True, False])
def test_the_javascript_averages_and_leaves_out_marks_as_torch_does(javascript, layer, head, words_only):
    widget = SentenceAttention(some_maps())
    tokens, maps = some_maps()[1]
    layers = slice(None) if layer == -1 else slice(layer, layer + 1)
    heads = slice(None) if head == -1 else slice(head, head + 1)
    wanted = maps[layers, heads].double().mean((0, 1))  # (7, 7)
    if words_only:
        wanted[:, [0, 6]] = 0.0
        wanted = wanted / wanted.sum(-1, keepdim=True)
    states = [{"layer": layer, "head": head, "word": i, "wordsOnly": words_only} for i in range(7)]
    got = javascript(
        "a[2].map((s) => w.weightsOf(w.bytesOf(a[0]), a[1], 2, 3, s))", [widget.map_bytes[1], tokens, states]
    )
    torch.testing.assert_close(torch.tensor(got, dtype=torch.float64), wanted, atol=0.01, rtol=0)
    torch.testing.assert_close(torch.tensor(got).sum(-1), torch.ones(7))


def test_the_sharpest_head_looks_at_another_word_and_at_no_mark(javascript):
    maps = torch.full((2, 3, 4, 4), 0.1)
    maps[0, 0, 1, 1] = maps[0, 1, 1, 0] = 1.0  # itself, a mark: neither counts
    maps[1, 2, 1, 2] = 0.9
    widget = SentenceAttention([(["[CLS]", "its", "law", "[SEP]"], maps)])
    got = javascript("w.sharpest(w.bytesOf(a[0]), a[1], 2, 3, 1)", [widget.map_bytes[0], widget.sentences[0]])
    assert (got["layer"], got["head"]) == (1, 2)


@pytest.mark.parametrize(
    ("weights", "state", "sentence"),
    [
        (
            [0, 0.25, 0.625, 0.125],
            {"layer": -1, "head": -1, "word": 1, "wordsOnly": True},
            "On average over all layers and heads, “its” gives 63\u00a0% to “law”, 25\u00a0% to itself and "
            "13\u00a0% to “.”.",
        ),
        (
            [1, 0, 0, 0],
            {"layer": 2, "head": 0, "word": 2, "wordsOnly": False},
            "In layer 3, head 1, “law” gives 100\u00a0% to “[CLS]”. Marks in brackets count.",
        ),
        (
            [0, 0, 0, 0],
            {"layer": 0, "head": -1, "word": 3, "wordsOnly": True},
            "In layer 1, on average over its heads, “.” gives nothing to any word.",
        ),
        (
            [0, 0.5, 0.5, 0],
            {"layer": -1, "head": 4, "word": 3, "wordsOnly": True},
            "In head 5, on average over the layers, “.” gives 50\u00a0% to “its” and 50\u00a0% to “law”.",
        ),
    ],
)
def test_what_it_says_in_words(javascript, weights, state, sentence):
    assert javascript("w.describe(['[CLS]', 'its', 'law', '.'], a[0], a[1])", [weights, state]) == sentence


def test_own_colours_are_readable_in_both_themes():
    for shades in colours(SentenceAttention._css):
        assert style.contrast(shades["bar"], shades["back"]) >= 3
        assert style.contrast(shades["bar"], shades["track"]) >= 3
