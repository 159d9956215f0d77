"""Schedules, by hand."""

import math

import pytest

from course_attn.train import constant, inverse_root, warmup_cosine


def test_constant():
    assert [constant(step) for step in (0, 5)] == [1.0, 1.0]


def test_warmup_cosine_by_hand():
    factor = warmup_cosine(total=12, warmup=4, floor=0.1)
    assert [factor(step) for step in range(4)] == [0.25, 0.5, 0.75, 1.0]
    assert factor(4) == 1.0
    assert factor(8) == pytest.approx(0.55)  # half way down
    assert factor(12) == pytest.approx(0.1)
    assert factor(100) == pytest.approx(0.1)


def test_warmup_cosine_without_warmup_starts_at_the_top():
    assert warmup_cosine(10)(0) == 1.0


def test_inverse_root_by_hand():
    factor = inverse_root(d_model=16, warmup=9)
    assert factor(0) == pytest.approx(1 / 27 / 4)
    assert factor(8) == pytest.approx(1 / 3 / 4)  # the top: both branches agree
    assert factor(35) == pytest.approx(1 / 6 / 4)
    assert max(range(50), key=factor) == 8
    assert math.isclose(factor(3) * 2, factor(7))  # linear rise


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: warmup_cosine(0), "total must be a whole number of at least 1"),
        (lambda: warmup_cosine(5, 5), "warmup must be a whole number from 0 to below total = 5, got int 5"),
        (lambda: warmup_cosine(5, -1), "warmup must be a whole number from 0"),
        (lambda: warmup_cosine(10, "x"), "warmup must be a whole number from 0 to below total = 10, got str 'x'"),
        (lambda: warmup_cosine(10, 2.5), "got float 2.5"),
        (lambda: warmup_cosine(10, True), "got bool True"),
        (lambda: warmup_cosine(5, 1, 1.5), "floor must be between 0 and 1, got float 1.5"),
        (lambda: warmup_cosine(5, 1, float("nan")), "floor must be between 0 and 1, got float nan"),
        (lambda: warmup_cosine(5, 1, "x"), "floor must be between 0 and 1, got str 'x'"),
        (lambda: warmup_cosine("x"), "total must be a whole number of at least 1"),
        (lambda: inverse_root(0), "d_model must be a whole number"),
        (lambda: inverse_root(8, 0), "warmup must be a whole number"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
