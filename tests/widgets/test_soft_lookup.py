"""SoftLookup's state and errors in Python, and its JavaScript against the package's attention."""

import math
import random

import pytest
import torch
import traitlets
from figures import colours

import course_attn
from course_attn.scores import dot_scores
from course_attn.viz import style
from course_attn.widgets import SoftLookup

FIGURE = SoftLookup  # whose JavaScript is run


def test_the_default_is_five_things_and_its_words_are_stable():
    widget = SoftLookup()
    assert widget.contents() == "5 keys"
    assert widget.mask == [True] * 5
    assert widget.temperature == math.sqrt(2)
    assert len(widget.key_axes) == len(widget.value_axes) == 4


def test_tensors_become_lists_and_names_are_made_up():
    widget = SoftLookup(
        torch.ones(3, 2), torch.zeros(3, 2), query=torch.tensor([1.0, 2.0]), mask=torch.tensor([True, False, True])
    )
    assert widget.key_vectors == [[1.0, 1.0]] * 3
    assert widget.query == [1.0, 2.0]
    assert widget.mask == [True, False, True]
    assert widget.labels == ["key 0", "key 1", "key 2"]
    assert widget.contents() == "3 keys"


def test_instances_share_nothing():
    first, second = SoftLookup(), SoftLookup()
    first.mask = [False] * 5
    assert second.mask == [True] * 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"keys": [[1, 2]]}, "SoftLookup: keys and values must be given together"),
        ({"keys": [], "values": []}, r"SoftLookup: keys must be of shape \(M, 2\)"),
        ({"keys": [[1, 2, 3]], "values": [[1, 2]]}, r"SoftLookup: keys\[0\] must be two numbers"),
        (
            {"keys": [[1, 2]], "values": [[1, 2], [3, 4]]},
            "value_vectors must be 1 entries, one a key, got 2",
        ),
        ({"labels": ["a"]}, "SoftLookup: labels must be 5 entries, one a key, got 1"),
        ({"mask": [True]}, "SoftLookup: mask must be 5 entries, one a key, got 1"),
        ({"mask": [1, 1, 1, 1, 1]}, "SoftLookup: mask must be a list of booleans"),
        ({"query": [1.0, math.inf]}, "SoftLookup: query must be two finite numbers"),
        ({"query": [True, 1.0]}, "SoftLookup: query must be two finite numbers"),
        ({"temperature": 0}, "SoftLookup: temperature must be from 0.0625 to 16, got int 0"),
        ({"temperature": math.nan}, "SoftLookup: temperature must be from 0.0625 to 16"),
        ({"key_axes": ["a", "b"]}, "SoftLookup: key_axes must be 4 names: left, right, bottom, top, got 2"),
    ],
)
def test_bad_input_is_told_what_was_wanted(arguments, message):
    with pytest.raises(ValueError, match=message):
        SoftLookup(**arguments)


@pytest.mark.parametrize(
    ("name", "value"),
    [("query", [1.0]), ("temperature", -1.0), ("mask", [True]), ("key_vectors", [[1.0, 2.0]]), ("labels", ["a"])],
)
def test_a_bad_change_is_refused_and_changes_nothing(name, value):
    widget = SoftLookup()
    before = getattr(widget, name)
    with pytest.raises((ValueError, traitlets.TraitError), match=f"SoftLookup: {name} must be"):
        setattr(widget, name, value)
    assert getattr(widget, name) == before


def random_states(count):
    draw = random.Random(7)
    states = []
    for number in range(count):
        keys = draw.choice([1, 2, 3, 5, 7])
        mask = [draw.random() < 0.6 for _ in range(keys)]
        states.append(
            {
                "query": [draw.gauss(0, 2) for _ in range(2)],
                "keys": [[draw.gauss(0, 2) for _ in range(2)] for _ in range(keys)],
                "values": [[draw.gauss(0, 2) for _ in range(2)] for _ in range(keys)],
                "temperature": 2 ** draw.uniform(-4, 4),
                "mask": [False] * keys if number % 11 == 0 else mask,
            }
        )
    return states


def test_the_javascript_computes_the_packages_attention(javascript):
    states = random_states(200)
    found = javascript(
        "a.map((s) => { const weights = w.softmax(w.scores(s.query, s.keys, s.temperature), s.mask);"
        " return { weights, output: w.output(weights, s.values), entropy: w.entropy(weights) }; })",
        states,
    )
    assert any(not any(s["mask"]) for s in states), "some queries may look at nothing"
    for state, got in zip(states, found, strict=True):
        query, keys, values = (
            torch.tensor(rows, dtype=torch.float64) for rows in ([state["query"]], state["keys"], state["values"])
        )
        output, weights = course_attn.attention(
            query,
            keys,
            values,
            torch.tensor([state["mask"]]),
            score=lambda q, k, t=state["temperature"]: dot_scores(q, k) / t,
        )
        torch.testing.assert_close(torch.tensor([got["weights"]], dtype=torch.float64), weights, atol=1e-6, rtol=0)
        torch.testing.assert_close(torch.tensor([got["output"]], dtype=torch.float64), output, atol=1e-6, rtol=0)
        assert got["entropy"] == pytest.approx(float(torch.special.entr(weights).sum()), abs=1e-6)


def test_temperature_root_d_is_the_scaled_dot_product(javascript):
    state = random_states(5)[4]
    got = javascript("w.scores(a.query, a.keys, Math.SQRT2)", state)
    wanted = course_attn.scaled_dot_scores(
        torch.tensor([state["query"]], dtype=torch.float64), torch.tensor(state["keys"], dtype=torch.float64)
    )
    torch.testing.assert_close(torch.tensor([got], dtype=torch.float64), wanted, atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    ("weights", "mask", "sentence"),
    [
        (
            [0.625, 0.25, 0.125],
            [True] * 3,
            "The query matches “a” best: 63 % of the output comes from it. Entropy 0.90 of at most 1.10 nats.",
        ),
        (
            [0.5, 0.5, 0],
            [True, True, False],
            "The query matches “a” and “b” equally well: 50 % of the output comes from each. 1 key is masked. "
            "Entropy 0.69 of at most 0.69 nats.",
        ),
        (
            [0, 1, 0],
            [False, True, False],
            "The query matches “b” best: 100 % of the output comes from it. 2 keys are masked. "
            "Entropy 0.00 of at most 0.00 nats.",
        ),
        (
            [0, 0, 0],
            [False] * 3,
            "Every key is masked: there is nothing to look at, so all weights and the output are 0.",
        ),
    ],
)
def test_what_it_says_in_words(javascript, weights, mask, sentence):
    assert javascript("w.describe(['a', 'b', 'c'], a[0], a[1])", [weights, mask]) == sentence


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        ([True] * 3, "A mixture: the diamond never leaves the shaded shape."),
        ([True, False, True], "A mixture: the diamond never leaves the line between the two."),
        ([False, True, False], "One value is left: the diamond stands on it."),
        ([False] * 3, "Nothing to mix: no shape is left, and the diamond stands at 0."),
    ],
)
def test_it_says_where_the_output_can_lie(javascript, mask, sentence):
    assert javascript("w.limits(a)", mask) == sentence


def test_hull_of_a_square_leaves_out_what_is_inside(javascript):
    points = [[0, 0], [1, 1], [0, 1], [0.5, 0.5], [1, 0], [0.5, 0]]
    assert sorted(javascript("w.hull(a)", points)) == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert javascript("w.hull(a)", [[3, 4]]) == [[3, 4]]


def test_own_colours_are_readable_in_both_themes():
    for shades in colours(SoftLookup._css):
        for name, ground in (("key", "back"), ("pull", "back"), ("key", "track")):
            assert style.contrast(shades[name], shades[ground]) >= 3, name
