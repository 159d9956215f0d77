"""Linear attention: the N x N formula without the N x N."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import MASKS, B, M, N, batched, h, inputs, normal
from torch.testing import assert_close

from course_attn.efficient import elu_plus_one, kernel_weights, linear_attention
from course_attn.masks import padding_mask


def by_loops(query, key, value, mask=None):
    """Shares of phi(q) . phi(k), one pair at a time."""
    phi = lambda row: [x + 1 if x > 0 else math.exp(x) for x in row]  # noqa: E731
    output = []
    for i, q in enumerate(query):
        mixture, total = [0.0] * len(value[0]), 0.0
        for j, k in enumerate(key):
            if mask is None or mask[i][j]:
                share = sum(a * b for a, b in zip(phi(q), phi(k), strict=True))
                total += share
                mixture = [m + share * v for m, v in zip(mixture, value[j], strict=True)]
        output.append([m / total if total else 0.0 for m in mixture])
    return output


def test_feature_map_by_hand():
    assert_close(elu_plus_one(torch.tensor([-math.log(2), 0.0, 3.0])), torch.tensor([0.5, 1.0, 4.0]))


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_feature_map_is_positive_far_below_zero_and_keeps_its_digits(monkeypatch, by_hand):
    """elu(x) + 1 would be 0 there, and its query's output with it."""
    monkeypatch.setattr("course_attn.efficient.linear.derivative_by_hand_pays", lambda x: by_hand)
    assert_close(elu_plus_one(torch.tensor([-20.0])), torch.tensor([math.exp(-20)]), rtol=1e-6, atol=0)
    small = elu_plus_one(torch.tensor([-9.0, -6.0], dtype=torch.bfloat16))
    assert_close(small, torch.tensor([math.exp(-9), math.exp(-6)], dtype=torch.bfloat16), rtol=1e-2, atol=0)
    value = torch.ones(1, 3)
    assert_close(linear_attention(torch.full((1, 2), -18.0), torch.zeros(1, 2), value), value)


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_feature_map_has_the_derivatives_of_elu(monkeypatch, by_hand):
    monkeypatch.setattr("course_attn.efficient.linear.derivative_by_hand_pays", lambda x: by_hand)
    x = torch.tensor([-7.0, -1.3, -0.1, 0.0, 0.4, 5.0], dtype=torch.float64, requires_grad=True)
    (mine,) = torch.autograd.grad(elu_plus_one(x).square().sum(), x)
    (theirs,) = torch.autograd.grad((torch.nn.functional.elu(x) + 1).square().sum(), x)
    assert_close(mine, theirs)
    away_from_the_bend = x.detach()[x != 0].requires_grad_()
    assert torch.autograd.gradgradcheck(elu_plus_one, away_from_the_bend)


def test_by_hand():
    # phi(0) = 1: equal shares, the mean of the values.
    zeros = torch.zeros(2, 1)
    assert_close(linear_attention(zeros, zeros, torch.tensor([[1.0], [3.0]])), torch.tensor([[2.0], [2.0]]))
    assert_close(
        linear_attention(zeros, zeros, torch.tensor([[1.0], [3.0]]), is_causal=True), torch.tensor([[1.0], [2.0]])
    )


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_by_loops(dtype):
    query, key, value = inputs(B, h, dtype=dtype)
    expected = batched(by_loops, query, key, value)
    assert_close(linear_attention(query, key, value), expected.to(dtype))
    assert_close(kernel_weights(query, key) @ value, expected.to(dtype))


def test_keys_hidden_by_padding():
    query, key, value = inputs(B, h)
    mask = padding_mask([M, 3])[:, None]
    ours = linear_attention(query, key, value, mask)
    assert_close(ours, kernel_weights(query, key, mask) @ value)
    changed = value.clone()
    changed[1, :, 3:] += 100
    assert torch.equal(linear_attention(query, key, changed, mask)[1], ours[1])


@pytest.mark.parametrize("name", MASKS)
def test_kernel_weights_under_every_mask(name):
    query, key, value = inputs(B, h)
    mask = MASKS[name]
    full = torch.ones(B, h, N, M, dtype=torch.bool) if mask is None else mask.expand(B, h, N, M)
    weights = kernel_weights(query, key, mask)
    assert not weights[~full].any()
    assert_close(weights @ value, batched(by_loops, query, key, value, full))


def test_a_query_without_keys_gets_zeros_and_no_nan():
    query, key, value = (x.requires_grad_() for x in inputs(B))
    mask = padding_mask([M, 0])
    output = linear_attention(query, key, value, mask)
    assert not output[1].any()
    gradients = torch.autograd.grad(output.sum(), (query, key, value))
    assert all(g.isfinite().all() and not g[1].any() for g in gradients)


@given(st.integers(1, 19), st.integers(1, 23))
def test_causal_chunks_equal_the_formula_in_value_and_gradient(num_places, chunk_size):
    three = tuple(normal(2, num_places, width, seed=width).requires_grad_() for width in (5, 5, 3))
    three = (three[0], normal(2, num_places, 5, seed=9).requires_grad_(), three[2])
    ours = linear_attention(*three, is_causal=True, chunk_size=chunk_size)
    lower = torch.ones(num_places, num_places).tril().bool()
    theirs = kernel_weights(three[0], three[1], lower) @ three[2]
    assert_close(ours, theirs)
    upstream = normal(2, num_places, 3, seed=4)
    assert_close(
        torch.autograd.grad((ours * upstream).sum(), three), torch.autograd.grad((theirs * upstream).sum(), three)
    )


def test_causal_with_padding():
    query, key, value = normal(2, 7, 5, seed=1), normal(2, 7, 5, seed=2), normal(2, 7, 3, seed=3)
    mask = padding_mask([7, 3])
    lower = torch.ones(7, 7).tril().bool() & mask
    ours = linear_attention(query, key, value, mask, is_causal=True, chunk_size=2)
    assert_close(ours, kernel_weights(query, key, lower) @ value)


def test_any_feature_map():
    query, key, value = inputs(B)
    square = lambda x: torch.cat([x.square(), x.exp()], dim=-1)  # noqa: E731
    assert_close(
        linear_attention(query, key, value, feature_map=square), kernel_weights(query, key, None, square) @ value
    )


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_sums_over_many_keys_in_half_precision(dtype, is_causal):
    three = [normal(1, 3000, width, seed=width, dtype=dtype) for width in (5, 5, 3)]
    three[2] = three[2].abs() + 1
    output = linear_attention(*three, is_causal=is_causal)
    assert output.dtype == dtype
    exact = linear_attention(*(x.double() for x in three), is_causal=is_causal)
    assert_close(output.double(), exact, rtol=2 * torch.finfo(dtype).eps, atol=0)
    leaves = [x.requires_grad_() for x in three]
    assert all(g.isfinite().all() for g in torch.autograd.grad(linear_attention(*leaves).float().sum(), leaves))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_weights_of_many_keys_in_half_precision(dtype):
    query, key = normal(11, 5, seed=1, dtype=dtype), normal(4096, 5, seed=2, dtype=dtype)
    sums = kernel_weights(query, key).double().sum(-1)
    assert_close(sums, torch.ones_like(sums), rtol=0, atol=0.01)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_sums_over_many_keys_under_autocast(dtype):
    query, key, value = (normal(1, 3000, width, seed=width, dtype=torch.float32) for width in (5, 5, 3))
    exact = linear_attention(query, key, value)
    with torch.autocast("cpu", dtype):
        assert_close(linear_attention(query, key, value), exact)
        weights = kernel_weights(query, key)
    assert_close(weights @ value, exact)


def test_a_feature_map_with_weights_in_half_precision():
    layer = torch.nn.Linear(5, 5).bfloat16()
    query, key, value = (x.bfloat16() for x in (normal(7, 5), normal(7, 5, seed=1), normal(7, 3, seed=2)))
    assert linear_attention(query, key, value, feature_map=lambda x: layer(x).exp()).dtype == torch.bfloat16


FAR = [-60.0, -200.0, -3e4]


@pytest.mark.parametrize("low", FAR)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16], ids=str)
def test_equal_weights_are_equal_however_small_the_features_are(low, dtype):
    """A query is dead because of the mask, never because powers became 0."""
    x, value = torch.full((3, 4), low, dtype=dtype), torch.tensor([[1.0], [2.0], [3.0]], dtype=dtype)
    late = torch.tensor([[False, True, True]])
    for mask, is_causal, wanted in (
        (None, False, [2, 2, 2]),
        (None, True, [1, 1.5, 2]),
        (~late.flip(1), False, [3, 3, 3]),
        (late, True, [0, 2, 2.5]),
    ):
        output = linear_attention(x, x, value, mask, is_causal=is_causal, chunk_size=2)
        assert_close(output[:, 0].double(), torch.tensor(wanted, dtype=torch.float64), rtol=1e-3, atol=0)
    weights = kernel_weights(x, x, late)
    assert_close(weights, torch.tensor([[0, 0.5, 0.5]] * 3, dtype=dtype), rtol=1e-3, atol=0)


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("shift", [0.0, 70.0, 400.0])
def test_small_features_in_value_and_gradient(is_causal, shift):
    """Against the logarithm of every pair's kernel, also where query and key are largest in different features."""
    three = [normal(7, width, seed=width) for width in (4, 5, 3)]
    three[0] = torch.nn.functional.pad(three[0], (1, 0)) - shift * torch.tensor([1.0, 1, 1, 2, 2])
    three[1] = three[1] - shift * torch.tensor([2.0, 2, 2, 1, 1])
    three = [x.requires_grad_() for x in three]
    logs = [torch.where(x < 0, x, x.clamp(min=0).log1p()) for x in three[:2]]
    scores = torch.logsumexp(logs[0][:, None] + logs[1][None], dim=-1)
    lower = torch.ones(7, 7).tril().bool() if is_causal else torch.ones(7, 7).bool()
    wanted = torch.softmax(scores.masked_fill(~lower, -math.inf), -1) @ three[2]
    ours = linear_attention(*three, is_causal=is_causal)
    by_weights = kernel_weights(*three[:2], lower) @ three[2]
    results = [(y, *torch.autograd.grad(y, three, normal(7, 3, seed=8))) for y in (wanted, ours, by_weights)]
    assert_close(results[1], results[0])
    assert_close(results[2], results[0])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 3e38])
@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("path", ["linear", "weights"])
def test_what_is_hidden_cannot_matter_whatever_it_holds(path, is_causal, bad):
    """By the mask from all of the first sequence; in the second as the future."""
    mask, lower = padding_mask([4, 7]), torch.ones(7, 7).tril().bool()
    results = []
    for held in (bad, 0.0):
        three = [normal(2, 7, width, seed=width, dtype=torch.float32) for width in (5, 5, 3)]
        rows = torch.ones(2, 7, dtype=torch.bool)
        for x in three[1:]:
            x[0, 4:] = held
            if is_causal:
                x[1, 4] = held
                rows[1, 4:] = False
        three = [x.requires_grad_() for x in three]
        if path == "linear":
            output = linear_attention(*three, mask, is_causal=is_causal)
        else:
            output = kernel_weights(*three[:2], mask & lower if is_causal else mask)
        found = torch.autograd.grad(output[rows].square().sum(), three, allow_unused=True, materialize_grads=True)
        assert not found[1][0, 4:].any()
        results.append((output[rows], *found))
    assert_close(*results)


def test_a_query_that_sees_nobody_may_hold_anything():
    three = [normal(2, 7, width, seed=width, dtype=torch.float32) for width in (5, 5, 3)]
    three[0][0] = math.nan
    three = [x.requires_grad_() for x in three]
    output = linear_attention(*three, padding_mask([0, 7]))
    gradients = torch.autograd.grad(output.sum(), three)
    assert not output[0].any()
    assert all(g.isfinite().all() and not g[0].any() for g in gradients)


def test_gradcheck():
    three = tuple(normal(3, 2, seed=s).requires_grad_() for s in range(3))
    assert torch.autograd.gradcheck(lambda q, k, v: linear_attention(q, k, v), three)
    assert torch.autograd.gradcheck(lambda q, k, v: linear_attention(q, k, v, is_causal=True, chunk_size=2), three)


def three(num_queries=3, num_keys=3):
    return torch.zeros(num_queries, 2), torch.zeros(num_keys, 2), torch.zeros(num_keys, 5)


def test_it_computes_where_the_input_is():
    x = normal(2, 7, 5).to("meta")
    assert linear_attention(x, x, x).device.type == linear_attention(x, x, x, is_causal=True).device.type == "meta"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: linear_attention(*three(3, 5), is_causal=True),
            "key must be of as many places as query, 3, when is_causal",
        ),
        (lambda: linear_attention(*three(), chunk_size=0), "linear_attention: chunk_size must be"),
        (
            lambda: linear_attention(*three(), torch.ones(3, 3).bool()),
            r"mask must be broadcastable to the scores, \(1, 3\)",
        ),
        (lambda: linear_attention(*three(), torch.ones(1, 3)), "mask must be of dtype bool"),
        (lambda: kernel_weights(*three()[:2], torch.ones(2, 2).bool()), "kernel_weights: mask must be broadcastable"),
        (lambda: kernel_weights(torch.zeros(3, 2), torch.zeros(3, 5)), "kernel_weights: key must be as wide as query"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: linear_attention(
                torch.zeros(2, 5, 4), torch.zeros(2, 5, 4), torch.zeros(2, 5, 4), feature_map="elu"
            ),
            "linear_attention: feature_map must be a function, got str 'elu' (as in feature_map=elu_plus_one)",
        ),
        (
            lambda: kernel_weights(torch.zeros(2, 5, 4), torch.zeros(2, 5, 4), feature_map=None),
            "kernel_weights: feature_map must be a function, got NoneType None",
        ),
        (
            lambda: linear_attention(torch.zeros(2, 5, 4), torch.zeros(2, 5, 4), torch.zeros(2, 5, 4), chunk_size="64"),
            "linear_attention: chunk_size must be a whole number of at least 1, got str '64'",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
