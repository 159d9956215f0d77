"""Sliding window attention: equal to a band mask, without the N x N scores."""

import math
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import normal
from torch.testing import assert_close

from course_attn import _paths
from course_attn.attention import attention
from course_attn.efficient import sliding_window_attention, window, window_mask
from course_attn.efficient.window_loop import FORWARD


def test_mask_by_hand():
    assert window_mask(4, 1).int().tolist() == [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]]
    assert window_mask(3, 1, is_causal=True).int().tolist() == [[1, 0, 0], [1, 1, 0], [0, 1, 1]]


def inputs(num_places, *lead):
    return (
        normal(*lead, num_places, 5, seed=1).requires_grad_(),
        normal(*lead, num_places, 5, seed=2).requires_grad_(),
        normal(*lead, num_places, 3, seed=3).requires_grad_(),
    )


@given(st.integers(1, 23), st.integers(1, 29), st.booleans())
def test_equal_to_the_band_mask_in_value_and_gradient(num_places, window, is_causal):
    three = inputs(num_places, 2)
    ours = sliding_window_attention(*three, window, is_causal=is_causal)
    theirs, _ = attention(*three, window_mask(num_places, window, is_causal=is_causal))
    assert_close(ours, theirs)
    upstream = normal(2, num_places, 3, seed=4)
    assert_close(
        torch.autograd.grad((ours * upstream).sum(), three), torch.autograd.grad((theirs * upstream).sum(), three)
    )


@pytest.mark.parametrize("lead", [(), (2,), (2, 3), (2, 3, 5)])
def test_any_batch_shape(lead):
    three = inputs(11, *lead)
    assert_close(sliding_window_attention(*three, 2), attention(*three, window_mask(11, 2))[0])


def test_keys_shared_by_the_batch():
    query, (_, key, value) = normal(2, 3, 11, 5), inputs(11)
    assert_close(sliding_window_attention(query, key, value, 3), attention(query, key, value, window_mask(11, 3))[0])


@pytest.mark.parametrize("by_hand", [True, False])
def test_nothing_of_size_n_by_n_is_computed(monkeypatch, by_hand):
    """What goes to the kernel, its mask included, grows with N and not faster."""
    sizes, original = [], _paths.sdpa

    def watched(query, key, value, mask, **options):
        sizes.append(max(query.numel(), key.numel(), mask.expand(*query.shape[:-1], mask.shape[-1]).numel()))
        assert mask.numel() <= FORWARD * (FORWARD + 14)
        return original(query, key, value, mask, **options)

    monkeypatch.setattr(window, "derivative_by_hand_pays", lambda x: by_hand)
    for user in ("course_attn.attention", "course_attn.efficient.window_loop"):
        monkeypatch.setattr(sys.modules[user], "sdpa", watched)  # by name: course_attn.attention is also a function
    totals = []
    for num_places in (1400, 14000):
        sizes.clear()
        sliding_window_attention(*inputs(num_places), 7)
        totals.append(sum(sizes))
    assert 0 < totals[1] <= 10.5 * totals[0]


def test_what_is_further_than_the_window_cannot_matter():
    query, key, value = inputs(17)
    changed = value.detach().clone()
    changed[3] += 1
    moved = (sliding_window_attention(query, key, value, 2) != sliding_window_attention(query, key, changed, 2)).any(-1)
    assert moved.nonzero().flatten().tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 3e38])
@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.parametrize("is_causal", [False, True])
def test_what_is_further_than_the_window_cannot_matter_whatever_it_holds(monkeypatch, bad, by_hand, is_causal):
    monkeypatch.setattr(window, "derivative_by_hand_pays", lambda x: by_hand)
    mask, results = window_mask(17, 2, is_causal=is_causal), []
    for held in (bad, 0.0):
        three = [x.detach().float() for x in inputs(17, 2)]
        for x in three[1:]:
            x[0, 8] = held
        three = [x.requires_grad_() for x in three]
        output = sliding_window_attention(*three, 2, is_causal=is_causal)
        rows = torch.ones(2, 17, dtype=torch.bool)
        rows[0] = ~mask[:, 8]
        results.append((output[rows], *torch.autograd.grad(output[rows].square().sum(), three)))
        assert held == 0.0 or not output[0, ~rows[0]].isfinite().all()
    assert_close(*results)
    assert not any(g[0, 8].any() for g in results[0][2:])


def test_gradcheck():
    three = tuple(normal(3, 2, seed=s).requires_grad_() for s in range(3))
    assert torch.autograd.gradcheck(lambda q, k, v: sliding_window_attention(q, k, v, 1), three)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("is_causal", [False, True])
def test_half_precision_stays_finite_with_empty_places(dtype, is_causal):
    """The last block is filled with places that see no key: they must not reach the gradient as NaN."""
    three = [normal(2, 7, 5, seed=s, dtype=dtype).requires_grad_() for s in range(3)]
    output = sliding_window_attention(*three, 3, is_causal=is_causal)
    exact, _ = attention(*(x.double() for x in three), window_mask(7, 3, is_causal=is_causal))
    assert_close(output.double(), exact, atol=0.05, rtol=0)
    assert all(g.isfinite().all() for g in torch.autograd.grad(output.sum(), three))


def test_it_computes_where_the_input_is():
    x = normal(2, 7, 5).to("meta")
    assert sliding_window_attention(x, x, x, 2).device.type == "meta"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: window_mask(0, 1), "window_mask: num_places must be"),
        (lambda: window_mask(3, 0), "window_mask: window must be"),
        (
            lambda: sliding_window_attention(torch.zeros(3, 2), torch.zeros(4, 2), torch.zeros(4, 2), 1),
            "key must be of as many places as query, 3",
        ),
        (
            lambda: sliding_window_attention(torch.zeros(3, 2), torch.zeros(3, 2), torch.zeros(3, 2), 0),
            "sliding_window_attention: window must be",
        ),
        (
            lambda: sliding_window_attention(torch.zeros(3, 2), torch.zeros(3, 2), torch.zeros(2, 2), 1),
            "value must be of one row for each key",
        ),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: window_mask(5, 2, device="nope"),
            "window_mask: device must be a device of this machine, got str 'nope'",
        ),
        (lambda: window_mask(5, None), "window_mask: window must be a whole number of at least 1, got NoneType None"),
        (
            lambda: sliding_window_attention(torch.zeros(2, 5, 4), torch.zeros(2, 5, 4), None, 2),
            "sliding_window_attention: value must be a torch.Tensor, got NoneType None",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
