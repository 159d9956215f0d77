"""Positions on a grid, and tables carried to other lengths and grids."""

import pytest
import torch
from specification import normal
from torch.testing import assert_close

from course_attn.positional import Learned2d, Sines2d, interpolate_positions, sines_2d, sinusoidal_encoding


def test_sines_of_a_grid_are_row_beside_column():
    height, width, d_model = 3, 5, 8
    rows, columns = sinusoidal_encoding(height, 4), sinusoidal_encoding(width, 4)
    got = sines_2d(height, width, d_model)
    for y in range(height):
        for x in range(width):
            assert_close(got[y * width + x], torch.cat([rows[y], columns[x]]))


@pytest.mark.parametrize("num_prefix", [0, 1, 2])
def test_sines2d_leaves_the_prefix_alone(num_prefix):
    tokens = normal(2, num_prefix + 15, 8, dtype=torch.float32)
    got = Sines2d((3, 5), 8, num_prefix)(tokens)
    assert_close(got[:, :num_prefix], tokens[:, :num_prefix])
    assert_close(got[:, num_prefix:], tokens[:, num_prefix:] + sines_2d(3, 5, 8))


@pytest.mark.parametrize("num_prefix", [0, 2])
def test_learned2d_joins_its_row_and_its_column(num_prefix):
    positions = Learned2d((3, 5), 6, num_prefix)
    tokens = normal(2, num_prefix + 15, 6, dtype=torch.float32)
    got = positions(tokens) - tokens
    assert_close(got[:, :num_prefix], torch.zeros(2, num_prefix, 6))
    for y in range(3):
        for x in range(5):
            expected = torch.cat([positions.rows[y], positions.columns[x]])
            assert_close(got[0, num_prefix + y * 5 + x], expected, atol=1e-6, rtol=0)
    assert sum(p.numel() for p in positions.parameters()) == (3 + 5) * 3


def test_interpolation_to_the_same_size_changes_nothing():
    table = normal(16, 7)
    assert interpolate_positions(table, (3, 5), (3, 5), num_prefix=1) is table
    assert interpolate_positions(table, 16, 16) is table


def test_length_by_hand():
    # Two places to four, halves of the old cells: the ends keep their value, the middle is at 1/4 and 3/4.
    got = interpolate_positions(torch.tensor([[0.0], [4.0]]), 2, 4)
    assert_close(got, torch.tensor([[0.0], [1.0], [3.0], [4.0]]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_prefix_is_kept_and_the_grid_is_not_turned(dtype):
    height, width = 3, 5
    table = normal(1 + height * width, 5, dtype=dtype)
    got = interpolate_positions(table, (height, width), (3 * height, 3 * width), num_prefix=1)
    assert got.dtype == dtype
    assert got.shape == (1 + 9 * height * width, 5)
    assert_close(got[0], table[0])
    # Every old cell is the middle one of nine new cells, and keeps its value there.
    middles = got[1:].unflatten(0, (3 * height, 3 * width))[1::3, 1::3]
    assert_close(middles.flatten(0, 1), table[1:], atol=1e-5, rtol=1e-2)


def test_interpolation_passes_gradient_to_every_row():
    table = normal(7, 3).requires_grad_()
    interpolate_positions(table, (2, 3), (3, 4), num_prefix=1).sum().backward()
    assert (table.grad > 0).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sines_2d(2, 3, 6), "sines_2d: d_model must be a multiple of 4, got 6"),
        (lambda: sines_2d(0, 3, 8), "num_positions must be a whole number of at least 1, got int 0"),
        (
            lambda: Sines2d((2, 3), 8)(torch.zeros(1, 7, 8)),
            r"tokens must be of shape \(B, 6, 8\), got shape \(1, 7, 8\).*grid fixes",
        ),
        (lambda: Sines2d(5, 8), r"Sines2d: grid must be a pair \(height, width\), got int 5"),
        (lambda: Learned2d((2, 3), 7), "Learned2d: d_model must be a multiple of 2, got 7"),
        (lambda: Learned2d((2, 3), 8, 1)(torch.zeros(1, 6, 8)), r"Learned2d: tokens must be of shape \(B, 7, 8\)"),
        (lambda: Learned2d((2, -3), 8), "Learned2d: grid must be a whole number of at least 1, got int -3"),
        (lambda: interpolate_positions(torch.zeros(3), 3, 4), r"table must be of shape \(places, D\)"),
        (
            lambda: interpolate_positions(torch.zeros(7, 2), (2, 3), (4, 5)),
            r"table must be of 0 \+ 6 rows.*class token",
        ),
        (
            lambda: interpolate_positions(torch.zeros(6, 2), (2, 3), 5),
            r"new must be a pair \(height, width\), got int 5",
        ),
        (lambda: interpolate_positions(torch.zeros(6, 2), 6, (2, 3)), "new must be a whole number"),
        (lambda: interpolate_positions(torch.zeros(6, 2), 6.0, 7), "old must be a pair"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Sines2d((2, 3), 8, -1), "Sines2d: num_prefix must be a whole number of at least 0, got int -1"),
        (lambda: Sines2d((2, 3), 8, "1"), "Sines2d: num_prefix must be a whole number of at least 0, got str '1'"),
        (
            lambda: Learned2d((2, 3), 8, 2.5),
            "Learned2d: num_prefix must be a whole number of at least 0, got float 2.5",
        ),
        (lambda: Learned2d((2, 3), 8)(None), "Learned2d: tokens must be a torch.Tensor, got NoneType None"),
        (
            lambda: interpolate_positions(torch.zeros(6, 4), 6, 8, None),
            "interpolate_positions: num_prefix must be a whole number of at least 0, got NoneType None",
        ),
        (
            lambda: interpolate_positions(torch.zeros(6, 4), 7, 8, -1),
            "interpolate_positions: num_prefix must be a whole number of at least 0, got int -1",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)


@pytest.mark.parametrize("kind", [Sines2d, Learned2d])
def test_tokens_on_another_device_are_named(kind):
    with pytest.raises(ValueError, match="tokens must be on the layer's device, cpu, got device meta"):
        kind((2, 3), 4)(torch.zeros(1, 6, 4, device="meta"))
