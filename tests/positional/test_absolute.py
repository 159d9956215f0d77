"""Sines by formula and learned tables, added to the embeddings."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import normal
from torch.testing import assert_close

from course_attn.positional import LearnedPositions, SinusoidalPositions, shift_matrix, sinusoidal_encoding


def test_sines_by_hand():
    # D = 4: frequencies 1 and 1/100.
    expected = [[0.0, 1.0, 0.0, 1.0], [0.8414709848, 0.5403023059, 0.0099998333, 0.9999500004]]
    assert_close(sinusoidal_encoding(2, 4, dtype=torch.float64), torch.tensor(expected, dtype=torch.float64))


def sines(num_positions, d_model, base):
    """The two formulas of the paper, one number at a time."""
    table = []
    for place in range(num_positions):
        row = []
        for column in range(d_model):
            angle = place / base ** ((column - column % 2) / d_model)
            row.append(math.sin(angle) if column % 2 == 0 else math.cos(angle))
        table.append(row)
    return torch.tensor(table, dtype=torch.float64)


@pytest.mark.parametrize("base", [10000.0, 100.0])
def test_sines_are_the_formula(base):
    assert_close(sinusoidal_encoding(13, 22, base, dtype=torch.float64), sines(13, 22, base))


def test_sines_far_out_keep_their_precision():
    far = sinusoidal_encoding(100_003, 6)[-1]
    assert far.dtype == torch.float32
    assert_close(far.double(), sines(100_003, 6, 10000.0)[-1], atol=1e-7, rtol=0)


@given(st.integers(-50, 50), st.integers(0, 40), st.sampled_from([2, 6, 14]))
def test_a_shift_is_a_rotation(shift, place, width):
    rotation = shift_matrix(shift, width)
    place += 50  # so that place + shift is a place
    encoding = sinusoidal_encoding(141, width, dtype=torch.float64)
    assert_close(rotation @ encoding[place], encoding[place + shift])
    assert_close(rotation @ rotation.T, torch.eye(width, dtype=torch.float64))


def test_shifts_add_up():
    assert_close(shift_matrix(3, 10) @ shift_matrix(-5, 10), shift_matrix(-2, 10))
    assert_close(shift_matrix(0, 10), torch.eye(10, dtype=torch.float64))


def test_shift_matrix_by_hand():
    # One pair, a quarter turn needs shift = pi/2; with shift 1: cos 1, sin 1.
    expected = [[0.5403023059, 0.8414709848], [-0.8414709848, 0.5403023059]]
    assert_close(shift_matrix(1, 2), torch.tensor(expected, dtype=torch.float64))


def test_dot_product_of_two_places_depends_on_their_distance_only():
    encoding = sinusoidal_encoding(40, 22, dtype=torch.float64)
    near, far = encoding[:20] @ encoding[:20].T, encoding[20:] @ encoding[20:].T
    assert_close(near, far)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_sinusoidal_module_adds_rows_and_grows(dtype):
    positions = SinusoidalPositions(6).to(dtype)
    x = normal(2, 7, 6, dtype=dtype)
    tolerance = {torch.float32: 1e-6, torch.float64: 1e-6, torch.bfloat16: 0.05}[dtype]
    for start in (0, 5, 10, 300):  # further out each time than anything asked before
        table = sines(310, 6, 10000.0)[start : start + 7]
        got = positions(x, start=start)
        assert got.dtype == dtype
        assert_close(got.double(), x.double() + table, atol=tolerance, rtol=0)
    assert not positions.state_dict(), "a formula is not a weight"


def test_learned_rows_are_added_to_their_places():
    positions = LearnedPositions(11, 3)
    x = normal(2, 5, 3, dtype=torch.float32)
    for start in (0, 6):
        expected = torch.stack(
            [torch.stack([x[b, i] + positions.table[start + i] for i in range(5)]) for b in range(2)]
        )
        assert_close(positions(x, start=start), expected)


def test_learned_rows_get_gradient_only_where_they_were_used():
    positions = LearnedPositions(7, 3)
    positions(torch.zeros(2, 5, 3)).sum().backward()
    assert_close(positions.table.grad, torch.tensor([[2.0] * 3] * 5 + [[0.0] * 3] * 2))


def test_a_learned_table_ends():
    positions = LearnedPositions(128, 3)
    assert positions(torch.zeros(1, 128, 3)).shape == (1, 128, 3)
    with pytest.raises(
        ValueError, match=r"LearnedPositions: embeddings must be of at most 128 places, got places 0 to 128"
    ):
        positions(torch.zeros(1, 129, 3))
    with pytest.raises(ValueError, match="places 127 to 128"):
        positions(torch.zeros(1, 2, 3), start=127)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sinusoidal_encoding(0, 4), "sinusoidal_encoding: num_positions must be a whole number of at least 1"),
        (lambda: sinusoidal_encoding(3, 5), "sinusoidal_encoding: d_model must be a multiple of 2, got 5"),
        (lambda: sinusoidal_encoding(3, 4, base=0), "sinusoidal_encoding: base must be a number greater than 0"),
        (lambda: shift_matrix(1, 7), "shift_matrix: d_model must be a multiple of 2, got 7"),
        (lambda: LearnedPositions(0, 4), "LearnedPositions: max_length must be"),
        (lambda: LearnedPositions(4, 2.0), "LearnedPositions: d_model must be"),
        (
            lambda: LearnedPositions(4, 2)(torch.zeros(3, 2)),
            r"embeddings must be of shape \(B, N, 2\), got shape \(3, 2\)",
        ),
        (lambda: SinusoidalPositions(4)(torch.zeros(1, 3, 2)), r"embeddings must be of shape \(B, N, 4\)"),
        (lambda: SinusoidalPositions(4)(torch.zeros(1, 3, 4).long()), "embeddings must be a floating-point tensor"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: sinusoidal_encoding(5, 8, dtype="float32"),
            "sinusoidal_encoding: dtype must be a floating-point dtype, as torch.float32 is, got str 'float32'",
        ),
        (
            lambda: sinusoidal_encoding(5, 8, math.inf),
            "sinusoidal_encoding: base must be a finite number, got float inf",
        ),
        (
            lambda: sinusoidal_encoding(5, 8, torch.tensor([1.0, 2.0])),
            "sinusoidal_encoding: base must be a finite number, got shape (2,), float32",
        ),
        (lambda: shift_matrix(None, 8), "shift_matrix: shift must be a finite number, got NoneType None"),
        (lambda: shift_matrix(math.nan, 8), "shift_matrix: shift must be a finite number, got float nan"),
        (
            lambda: SinusoidalPositions(12)(torch.zeros(2, 5, 12), start=-3),
            "SinusoidalPositions: start must be a whole number of at least 0, got int -3",
        ),
        (
            lambda: SinusoidalPositions(12)(torch.zeros(2, 5, 12), start="0"),
            "SinusoidalPositions: start must be a whole number of at least 0, got str '0'",
        ),
        (
            lambda: LearnedPositions(9, 12)(torch.zeros(2, 5, 12)[:, :2], start=-3),
            "LearnedPositions: start must be a whole number of at least 0, got int -3",
        ),
        (
            lambda: LearnedPositions(9, 12)(torch.zeros(2, 5, 12), start=None),
            "LearnedPositions: start must be a whole number of at least 0, got NoneType None",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)


@pytest.mark.parametrize("layer", [SinusoidalPositions(12), LearnedPositions(9, 12)], ids=["sines", "learned"])
def test_embeddings_on_another_device_are_named(layer):
    with pytest.raises(ValueError, match="embeddings must be on the layer's device, cpu, got device meta"):
        layer(torch.zeros(2, 5, 12, device="meta"))


def test_the_encoding_is_made_where_torchs_default_device_is():
    with torch.device("meta"):
        assert sinusoidal_encoding(5, 12).device.type == "meta"
        assert SinusoidalPositions(12).table.device.type == "meta"
