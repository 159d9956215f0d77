"""The window's loop and its derivative by hand mean what the formula of all blocks at once means."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import normal
from torch.testing import assert_close

from course_attn.attention import attention
from course_attn.efficient import sliding_window_attention, window, window_loop, window_mask
from course_attn.efficient.window_loop import WindowLoop


def inputs(num_places, *lead, dtype=torch.float64):
    widths = (5, 5, 3)
    return [normal(*lead, num_places, w, seed=i, dtype=dtype).requires_grad_() for i, w in enumerate(widths)]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Several blocks within few places, and not of one size in both directions."""
    monkeypatch.setattr(window_loop, "FORWARD", 5)
    monkeypatch.setattr(window_loop, "BACKWARD", 3)


@given(st.integers(1, 29), st.integers(1, 31), st.booleans())
def test_loop_equals_formula_in_value_and_gradient(num_places, reach, is_causal):
    three, upstream = inputs(num_places, 2), normal(2, num_places, 3, seed=4)
    results = []
    for output in (
        sliding_window_attention(*three, reach, is_causal=is_causal),
        window._overlapping_blocks(*three, reach, is_causal),
        attention(*three, window_mask(num_places, reach, is_causal=is_causal))[0],
    ):
        results.append((output, *torch.autograd.grad(output, three, upstream)))
    assert_close(results[0], results[1])
    assert_close(results[0], results[2])


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("constant", [None, 0, 1, 2])
def test_first_and_second_derivatives(is_causal, constant):
    three = inputs(7, 1)
    if constant is not None:
        three[constant] = three[constant].detach()

    def ours(*three):
        return sliding_window_attention(*three, 2, is_causal=is_causal)

    assert torch.autograd.gradcheck(ours, three)
    assert torch.autograd.gradgradcheck(ours, three)


@pytest.fixture
def taken(monkeypatch):
    """How often the loop was taken."""
    calls, apply = [], WindowLoop.apply
    monkeypatch.setattr(WindowLoop, "apply", lambda *given: (calls.append(1), apply(*given))[1])
    return calls


def test_where_the_loop_cannot_be_seen_through_the_formula_is_taken(taken):
    query, key, value = (x.detach() for x in inputs(7, 2))
    wanted = sliding_window_attention(query, key, value, 2)
    assert taken == [1]
    mapped = torch.func.vmap(lambda q: sliding_window_attention(q, key, value, 2))(query[None])[0]
    assert_close(mapped, wanted)
    sliding_window_attention(query.bfloat16(), key.bfloat16(), value.bfloat16(), 2)
    sliding_window_attention(query, key[:1], value, 2)  # keys shared by the batch: not copied
    with torch.autocast("cpu", torch.bfloat16):
        sliding_window_attention(query.float(), key.float(), value.float(), 2)
    assert taken == [1]


def test_inputs_that_are_views_with_gaps():
    """Heads before places without a copy, as a layer gives them."""
    query, key, value = (normal(2, 7, 3, 5, seed=i).transpose(1, 2) for i in range(3))
    wanted, _ = attention(query, key, value, window_mask(7, 2))
    assert_close(sliding_window_attention(query, key, value, 2), wanted)
    assert_close(sliding_window_attention(query[:1], key[:1], value[:1], 2), wanted[:1])


def test_what_is_kept_for_the_derivative_is_inputs_and_output(monkeypatch):
    three, kept = inputs(29, 2), []
    with torch.autograd.graph.saved_tensors_hooks(lambda x: (kept.append(x.shape), x)[1], lambda x: x):
        sliding_window_attention(*three, 2)
    assert sorted(kept) == sorted([*(x.shape for x in three), three[2].shape])


@pytest.mark.parametrize("is_causal", [False, True])
def test_rows_that_lie_apart_are_put_together_once(monkeypatch, is_causal):
    """Every block is given views of rows in one piece, and value and gradient are those of rows that came so."""
    seen, sdpa = [], window_loop.sdpa
    monkeypatch.setattr(window_loop, "sdpa", lambda *given, **options: (seen.append(given), sdpa(*given, **options))[1])
    three, upstream = inputs(13, 2), normal(2, 13, 3, seed=4)
    apart = [x.detach().mT.contiguous().mT.requires_grad_() for x in three]
    assert [x.stride(-1) for x in apart] == [13, 13, 13]
    results = []
    for tensors in (three, apart):
        output = sliding_window_attention(*tensors, 4, is_causal=is_causal)
        results.append((output, *torch.autograd.grad(output, tensors, upstream)))
    assert_close(*results)
    assert len(seen) == 2 * 3
    for *blocks, _ in seen:
        assert [x.stride(-1) for x in blocks] == [1, 1, 1]
    assert len({block[1].untyped_storage().data_ptr() for block in seen[3:]}) == 1
