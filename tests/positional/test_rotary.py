"""Rotary positions."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import B, N, h, normal
from torch.testing import assert_close

from course_attn.positional import Rotary, shift_matrix

WIDTH = 14


def rotated(row, place, layout, base=10000.0):
    """One row turned by its place, pair by pair."""
    width = len(row)
    out = [0.0] * width
    for i in range(width // 2):
        a, b = (2 * i, 2 * i + 1) if layout == "interleaved" else (i, i + width // 2)
        angle = place * base ** (-2 * i / width)
        out[a] = row[a] * math.cos(angle) - row[b] * math.sin(angle)
        out[b] = row[a] * math.sin(angle) + row[b] * math.cos(angle)
    return out


def by_loops(x, places, layout):
    rows = [
        rotated(row.tolist(), place, layout)
        for m in x.reshape(-1, *x.shape[-2:])
        for row, place in zip(m, places, strict=True)
    ]
    return torch.tensor(rows, dtype=torch.float64).reshape(x.shape)


@pytest.mark.parametrize("layout", ["interleaved", "halves"])
def test_rotation_by_loops(layout):
    x = normal(B, h, N, WIDTH)
    rotary = Rotary(WIDTH, layout=layout)
    assert_close(rotary.rotate(x), by_loops(x, range(N), layout))
    places = torch.tensor([3, 0, 1000, 7, 7])
    assert_close(rotary.rotate(x, places), by_loops(x, places.tolist(), layout))
    assert_close(rotary.rotate(x[..., :2, :]), by_loops(x[..., :2, :], range(2), layout))


def test_rotation_by_hand():
    # d = 2, place 1: one radian, against the clock.
    out = Rotary(2).rotate(torch.tensor([[5.0, 7.0], [1.0, 0.0]], dtype=torch.float64))
    assert_close(out, torch.tensor([[5.0, 7.0], [0.5403023059, 0.8414709848]], dtype=torch.float64))


@given(st.sampled_from(["interleaved", "halves"]), st.integers(0, 60), st.integers(0, 60), st.integers(0, 1000))
def test_the_dot_product_sees_only_the_distance(layout, m, n, shift):
    rotary = Rotary(WIDTH, layout=layout)
    q, k = normal(1, WIDTH, seed=1), normal(1, WIDTH, seed=2)

    def score(m, n):
        return (rotary.rotate(q, torch.tensor([m])) * rotary.rotate(k, torch.tensor([n]))).sum()

    assert_close(score(m, n), score(m + shift, n + shift))
    assert_close(rotary.rotate(q, torch.tensor([m])).norm(), q.norm())


def test_rotary_turns_as_the_shift_of_sines_does():
    # R_k of the sinusoidal encoding turns (sin, cos) one way; the pair read as (cos, sin) turns the other.
    x = normal(1, WIDTH)
    turned = Rotary(WIDTH).rotate(x, torch.tensor([5]))
    assert_close(turned[0], shift_matrix(-5, WIDTH) @ x[0])


def test_the_layouts_are_one_permutation_apart():
    x = normal(N, WIDTH)
    order = torch.arange(WIDTH).reshape(-1, 2).T.flatten()  # evens, then odds
    interleaved = Rotary(WIDTH).rotate(x)
    assert_close(Rotary(WIDTH, layout="halves").rotate(x[:, order]), interleaved[:, order])
    assert not torch.allclose(Rotary(WIDTH, layout="halves").rotate(x), interleaved)


def test_gradient():
    rotary = Rotary(2)
    assert torch.autograd.gradcheck(rotary.rotate, (normal(2, 3, 2).requires_grad_(),))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_precision_far_out(dtype):
    x = normal(2003, WIDTH, dtype=dtype)
    got = Rotary(WIDTH).rotate(x)
    assert got.dtype == dtype
    tolerance = {torch.bfloat16: 0.05, torch.float16: 0.01, torch.float32: 2e-3}[dtype]
    assert_close(got.double()[-3:], by_loops(x, range(2003), "interleaved")[-3:], atol=tolerance, rtol=0)


def test_a_table_made_without_gradients_serves_training():
    rotary = Rotary(WIDTH)
    with torch.inference_mode():
        rotary.rotate(normal(N, WIDTH, dtype=torch.float32))
    x = normal(N, WIDTH, dtype=torch.float32).requires_grad_()
    rotary.rotate(x).sum().backward()
    assert x.grad is not None


def test_it_computes_where_the_input_is():
    rotary = Rotary(WIDTH)
    x = normal(N, WIDTH)
    rotary.rotate(x)  # the kept table lies on the CPU now
    assert rotary.rotate(x.to("meta")).device.type == "meta"
    assert rotary.rotate(x.to("meta"), torch.arange(N, device="meta")).device.type == "meta"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Rotary(5), "Rotary: d_model must be a multiple of 2, got 5"),
        (lambda: Rotary(4, layout="neox"), "Rotary: layout must be one of 'interleaved', 'halves', got str 'neox'"),
        (lambda: Rotary(4, base=-1.0), "Rotary: base must be a number greater than 0"),
        (
            lambda: Rotary(4).rotate(torch.zeros(3, 8)),
            r"x must be of shape \(..., N, 4\), got shape \(3, 8\).*into heads",
        ),
        (lambda: Rotary(4).rotate(torch.zeros(3, 4), torch.arange(2)), r"positions must be of shape \(3,\)"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Rotary(4).rotate(torch.zeros(5, 4), [0, 1, 2, 3, 4]),
            "Rotary.rotate: positions must be of shape (5,), got list [0, 1, 2, 3, 4]",
        ),
        (
            lambda: Rotary(4).rotate(torch.zeros(5, 4), "abc"),
            "Rotary.rotate: positions must be of shape (5,), got str 'abc'",
        ),
        (lambda: Rotary(4, math.inf), "Rotary: base must be a finite number, got float inf"),
        (lambda: Rotary("4"), "d_model must be a whole number of at least 1, got str '4'"),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)


def test_positions_on_another_device_are_named():
    with pytest.raises(ValueError, match=r"Rotary\.rotate: positions must be on x's device, cpu, got device meta"):
        Rotary(4).rotate(torch.zeros(5, 4), torch.arange(5, device="meta"))
