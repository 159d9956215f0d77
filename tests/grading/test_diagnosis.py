"""Comparing a result with the right one."""

import pytest
import torch

from course_attn.grading.calling import Unusable
from course_attn.grading.diagnosis import compare, compare_number, meaning, parts
from course_attn.grading.explain import AnswerError, NotAttempted

RIGHT = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def message(got, expected=RIGHT, suspects=None, args=()):
    """The text of the failed comparison."""
    with pytest.raises(AssertionError) as caught:
        compare("scores", got, expected, suspects, args)
    return str(caught.value)


def test_right_answers_pass():
    compare("scores", RIGHT.clone(), RIGHT)
    compare("scores", RIGHT + 1e-6, RIGHT)
    compare("scores", torch.tensor(3.0), torch.tensor(3.0))


def test_tolerance_follows_the_dtype():
    assert "differ" in message(RIGHT.double() + 1e-3, RIGHT.double())
    compare("scores", (RIGHT * 1.01).bfloat16(), RIGHT.bfloat16())
    assert "differ" in message((RIGHT * 1.01).half(), RIGHT.half())


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (None, "scores must be a torch.Tensor, got NoneType None (did you forget `return`?)"),
        (3.0, "scores must be a torch.Tensor, got float 3.0"),
        ((RIGHT, RIGHT), "scores must be a torch.Tensor, got tuple of 2 parts"),
        (Unusable("ndarray"), "scores must be a torch.Tensor, got an object of type ndarray"),
    ],
)
def test_no_tensor(got, said):
    assert message(got) == said


def test_shape():
    assert message(RIGHT.mT) == "scores: shape must be (2, 3), got (3, 2)"


def test_dtype():
    assert message(RIGHT.double()) == "scores: dtype must be float32, as the input has it, got float64"


def test_lost_precision_is_named():
    assert "a step on the way was computed in float32" in message(RIGHT.double() + 1e-6, RIGHT.double())


def test_nan_is_named_with_its_place():
    got = RIGHT.clone()
    got[1, 2] = float("nan")
    assert message(got) == "scores: must not hold NaN, but scores[1, 2] is NaN"


def test_difference_shows_the_row():
    got = RIGHT.clone()
    got[1, 1] = 7.0
    assert message(got).splitlines() == [
        "1 of 6 numbers differ, first scores[1, 1]",
        "  expected [4.0000, 5.0000, 6.0000]",
        "  got      [4.0000, 7.0000, 6.0000]",
    ]


def test_inf_against_a_number_differs():
    got = RIGHT.clone()
    got[0, 0] = float("inf")
    assert "1 of 6 numbers differ" in message(got)


def test_single_number():
    assert message(torch.tensor(2.0), torch.tensor(3.0)) == "scores: expected 3.0000, got 2.0000"


def test_long_rows_are_cut():
    text = message(torch.zeros(1, 97), torch.ones(1, 97))
    assert "..." in text
    assert "(row of 97)" in text
    assert max(len(line) for line in text.splitlines()) < 110


def test_indices_are_shown_whole():
    assert "expected [0, 3]\n  got      [0, 1]" in message(torch.tensor([0, 1]), torch.tensor([0, 3]))


def test_zero_has_no_sign():
    assert "expected [0.0000, 3.0000]" in message(torch.tensor([0.0, 1.0]), torch.tensor([-0.0, 3.0]))


def test_suspect_is_named():
    suspects = {"everything is doubled": lambda x: 2 * x, "everything is 0": lambda x: 0 * x}
    assert message(2 * RIGHT, suspects=suspects, args=(RIGHT,)).startswith(
        "This is what you get when everything is doubled.\n"
    )


def test_suspect_of_another_shape_is_named():
    suspects = {"rows and columns are swapped": lambda x: x.mT}
    assert "swapped" in message(RIGHT.mT, suspects=suspects, args=(RIGHT,))


def test_suspect_with_nan_is_named():
    suspects = {"0/0": lambda x: x * float("nan")}
    assert "0/0" in message(RIGHT * float("nan"), suspects=suspects, args=(RIGHT,))


def test_two_suspects_are_both_named():
    suspects = {"it is doubled": lambda x: 2 * x, "it is added to itself": lambda x: x + x}
    assert "when it is doubled, or when it is added to itself." in message(2 * RIGHT, suspects=suspects, args=(RIGHT,))


def test_suspect_that_gives_the_right_answer_or_cannot_be_computed_is_no_suspect():
    suspects = {"nothing": lambda x: x, "broken": lambda x: x @ x}
    assert "This is what" not in message(RIGHT + 1, suspects=suspects, args=(RIGHT,))


def test_parts():
    assert parts("the pair", (1, 2), 2) == [1, 2]
    for got, shown in ((torch.ones(2), "shape"), ((1,), "1 parts"), (None, "NoneType None")):
        with pytest.raises(AssertionError, match=rf"must return the pair, got {shown}"):
            parts("the pair", got, 2)


def number_message(got, expected=2.0, suspects=None, tolerance=1e-4, **options):
    """The text of the failed comparison of a number."""
    with pytest.raises(AssertionError) as caught:
        compare_number("slope", got, expected, suspects, tolerance, **options)
    return str(caught.value)


@pytest.mark.parametrize("got", [2, 2.0, 2.0001, torch.tensor(2.0), torch.tensor([2])])
def test_right_numbers_pass(got):
    compare_number("slope", got, 2.0)


def test_tolerance_of_large_numbers_is_relative():
    compare_number("length", 100_005.0, 100_000.0)
    assert "expected 0.01, got 0.02" in number_message(0.02, 0.01, tolerance=1e-3)


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (None, "slope must be one number, got NoneType None (did you forget `return`?)"),
        (True, "slope must be one number, got bool True"),
        (torch.ones(2), "slope must be one number, got shape (2,), float32"),
        (float("nan"), "slope: expected 2, got nan"),
    ],
)
def test_no_number(got, said):
    assert number_message(got) == said


def test_number_of_a_mistake_is_named():
    suspects = {"it is halved": 1.0, "it is doubled": 4.0, "it is right": 2.0, "one is taken off": 1.0}
    said = "This is what you get when it is halved, or when one is taken off.\nslope: expected 2, got 1"
    assert number_message(1.0, suspects=suspects) == said
    assert number_message(3.0, suspects=suspects) == "slope: expected 2, got 3"


def test_a_prediction_keeps_its_secret():
    said = number_message(1.0, suspects={"it is halved": 1.0}, reveal=False)
    assert said == "This is what you get when it is halved.\nslope: got 1, which is not right"


def test_counts_are_shown_whole():
    assert number_message(86_567_656, 2.5) == "slope: expected 2.5, got 86567656"


def test_long_rows_are_shown_where_they_differ():
    got = torch.arange(97.0)[None]
    got[0, 50] = 0
    assert message(got, torch.arange(97.0)[None]).splitlines() == [
        "1 of 97 numbers differ, first scores[0, 50]",
        f"  expected [..., {', '.join(f'{number}.0000' for number in range(48, 56))}, ...] (row of 97)",
        "  got      [..., 48.0000, 49.0000, 0.0000, 51.0000, 52.0000, 53.0000, 54.0000, 55.0000, ...] (row of 97)",
    ]


def test_what_an_error_means_is_added_to_it():
    texts = {
        "no such error": "never",
        r"tensor a \((\d)\).* b \((\d)\)": "{0} words and {1} places",
        "tensor": "not this",
    }
    with pytest.raises(AnswerError) as caught, meaning(texts):
        raise AnswerError(
            "it raised RuntimeError: tensor a (3) and b (4)\nline 5: x + y\ncalled with x (3)\nIs an axis\nmissing?"
        )
    assert str(caught.value).splitlines()[1:] == ["line 5: x + y", "called with x (3)", "3 words and 4 places"]


@pytest.mark.parametrize("reason", [NotAttempted("line 2"), AnswerError("line 3"), AssertionError("tensor")])
def test_other_errors_pass_as_they_are(reason):
    with pytest.raises(type(reason)) as caught, meaning({"tensor": "words"}):
        raise reason
    assert caught.value is reason
