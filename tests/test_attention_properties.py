"""Attention: what holds for every input, extremes, dropout and errors (values and gradients: test_attention.py)."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import MASKS, B, M, N, d, d_v, full, h, inputs, normal
from torch.testing import assert_close

from course_attn.attention import attention, fused_attention, kernel_smoother
from course_attn.masks import causal_mask
from course_attn.normalisers import softmax_weights
from course_attn.scores import scaled_dot_scores

EVERY_DTYPE = [torch.float64, torch.float32, torch.bfloat16, torch.float16]
every_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
every_dtype = pytest.mark.parametrize("dtype", EVERY_DTYPE, ids=str)
mask_names = st.sampled_from(list(MASKS))


def readable(*arguments, **named):
    return attention(*arguments, **named)[0]


both_paths = pytest.mark.parametrize("path", [readable, fused_attention], ids=["readable", "fused"])

# ---------------------------------------------------------------- (e) properties


@given(mask_names)
def test_rows_sum_to_one_or_to_zero(name):
    _, weights = attention(*inputs(B, h), MASKS[name])
    alive = full(MASKS[name], B, h).any(-1)
    assert_close(weights.sum(-1), alive.double())
    assert (weights[~full(MASKS[name], B, h)] == 0).all()


@given(st.permutations(range(M)), mask_names)
@both_paths
def test_permuting_keys_and_values_together_changes_nothing(path, order, name):
    query, key, value = inputs(B, h)
    mask = full(MASKS[name], B, h)
    permuted = path(query, key[..., order, :], value[..., order, :], mask[..., order])
    assert_close(permuted, path(query, key, value, mask))


@given(st.permutations(range(N)), mask_names)
@both_paths
def test_permuting_queries_permutes_rows(path, order, name):
    query, key, value = inputs(B, h)
    mask = full(MASKS[name], B, h)
    permuted = path(query[..., order, :], key, value, mask[..., order, :])
    assert_close(permuted, path(query, key, value, mask)[..., order, :])


@given(st.integers(0, M - 1), st.floats(-1e4, 1e4))
@both_paths
def test_a_masked_key_cannot_matter(path, place, number):
    query, key, value = inputs(B, h)
    mask = torch.ones(M, dtype=torch.bool)
    mask[place] = False
    before = path(query, key, value, mask)
    key[..., place, :] = number
    value[..., place, :] = -number
    assert_close(path(query, key, value, mask), before)


@given(st.integers(0, M - 1))
def test_the_future_cannot_matter(place):
    query, key, value = inputs(B, h)
    sees = causal_mask(N, M)
    outputs = readable(query, key, value, sees), fused_attention(query, key, value, is_causal=True)
    key[..., place, :] += 3
    value[..., place, :] -= 5
    changed = readable(query, key, value, sees), fused_attention(query, key, value, is_causal=True)
    for before, after in zip(outputs, changed, strict=True):
        moved = ((before - after).abs() > 1e-9).any(-1)  # (B, h, N)
        assert torch.equal(moved, sees[:, place].expand(B, h, N))  # those who see it, and only those


@given(st.integers(0, N - 1))
@both_paths
def test_a_query_matters_to_its_own_row_only(path, place):
    query, key, value = inputs(B, h)
    before = path(query, key, value)
    query[..., place, :] += 1
    moved = ((before - path(query, key, value)).abs() > 1e-9).any(-1)
    assert moved[..., place].all()
    assert moved.sum() == B * h


@given(st.floats(-3, 3), st.floats(-3, 3))
@both_paths
def test_output_is_linear_in_the_values(path, a, b):
    query, key, value = inputs(B, h)
    other = normal(*value.shape, seed=8)
    together = path(query, key, a * value + b * other)
    assert_close(together, a * path(query, key, value) + b * path(query, key, other))


@both_paths
def test_output_stays_between_the_values(path):
    query, key, value = inputs(B, h)
    output = path(3 * query, key, value)
    assert (output <= value.amax(-2, keepdim=True)).all()
    assert (output >= value.amin(-2, keepdim=True)).all()


def test_temperature_from_one_winner_to_the_mean():
    query, key, value = inputs(B, h)
    winner = (query @ key.transpose(-2, -1)).argmax(-1)[..., None].expand(B, h, N, d_v)
    assert_close(fused_attention(query, key, value, scale=1e4), value.gather(-2, winner))
    mean = value.mean(-2, keepdim=True).expand(B, h, N, d_v)
    assert_close(fused_attention(query, key, value, scale=1e-12), mean)
    assert_close(readable(1e-12 * query, key, value), mean)


def test_bandwidth_from_the_nearest_to_the_mean():
    query, key, value = inputs(B)
    nearest = torch.cdist(query, key).argmin(-1)[..., None].expand(B, N, d_v)
    assert_close(kernel_smoother(query, key, value, bandwidth=1e-3)[0], value.gather(-2, nearest))
    assert_close(kernel_smoother(query, key, value, bandwidth=1e9)[0], value.mean(-2, keepdim=True).expand(B, N, d_v))


# ---------------------------------------------------------------- extremes


@both_paths
@every_dtype
def test_large_scores(path, dtype):
    """Scores near 1e4: only the greatest counts, equal ones share, nothing overflows."""
    query = torch.full((1, 4), 100.0, dtype=dtype)
    key = torch.tensor([[50.0] * 4, [-50.0] * 4, [50.0] * 4], dtype=dtype)  # scores 1e4, -1e4, 1e4
    value = torch.tensor([[1.0, 2.0], [8.0, 8.0], [3.0, 6.0]], dtype=dtype)
    assert_close(path(query, key, value), torch.tensor([[2.0, 4.0]], dtype=dtype))


@every_mask
@both_paths
@pytest.mark.parametrize("width", [d, d_v])  # values as wide as the keys take the fused kernel, wider ones the formula
def test_nan_in_an_attended_place_is_not_hidden(path, mask, width):
    for which in (0, 1, 2):
        tensors = inputs(B, h, width=width)
        tensors[which][0, 0, 0, :] = math.nan  # query 0, or the key or value that every mask lets query 0 see
        output = path(*tensors, mask)
        assert output[0, 0, 0].isnan().any()
        assert torch.isfinite(output[1]).all()


@both_paths
def test_inputs_are_left_alone(path):
    tensors, mask = inputs(B, h), MASKS["dead row"].clone()
    before = [x.clone() for x in (*tensors, mask)]
    path(*tensors, mask)
    for x, old in zip((*tensors, mask), before, strict=True):
        assert torch.equal(x, old)


# ---------------------------------------------------------------- dropout


def test_dropout_drops_weights_and_keeps_the_mean():
    """With values that count the keys, each output is the sum of the weights that were kept, twice over."""
    query, key, _ = inputs(B, h)
    uniform = torch.zeros_like(query)
    value = torch.eye(M, dtype=torch.float64).expand(B, h, M, M)
    dropped = torch.stack([fused_attention(uniform, key, value, dropout=0.5) for _ in range(200)])
    assert_close(dropped[dropped != 0], torch.full_like(dropped[dropped != 0], 2 / M))
    assert (dropped == 0).double().mean().item() == pytest.approx(0.5, abs=0.02)
    assert_close(fused_attention(query, key, value, dropout=0.0), readable(query, key, value))


# ---------------------------------------------------------------- (f) errors


def message(function, *arguments, **named):
    with pytest.raises(ValueError, match="must be") as problem:
        function(*arguments, **named)
    return str(problem.value)


@pytest.mark.parametrize("path", [attention, fused_attention, kernel_smoother], ids=lambda f: f.__name__)
def test_errors_of_query_key_and_value(path):
    query, key, value = inputs(B)
    where = path.__name__
    wanted = {
        (
            query,
            key,
            value[:, 1:],
        ): "value must be of one row for each key, (..., 7, d_v), got shape (2, 6, 13), float64 "
        "(keys and values belong together in pairs)",
        (query, key, value.float()): "value must be of dtype float64, got shape (2, 7, 13), float32",
        (query, key, value.long()): "value must be a floating-point tensor, got shape (2, 7, 13), int64",
        (query, key, value[:, :, :0]): "value must be a non-empty tensor, got shape (2, 7, 0), float64",
        (query, key, None): "value must be a torch.Tensor, got NoneType None",
        (
            query,
            key,
            torch.cat([value, value[:1]]),
        ): "value must be of batch shape broadcastable to (2,), got shape (3, 7, 13)",
        (query, key[:, :0], value[:, :0]): "key must be a non-empty tensor, got shape (2, 0, 11), float64",
        (query[:, :0], key, value): "query must be a non-empty tensor, got shape (2, 0, 11), float64",
        (query, key.half(), value): "key must be of dtype float64, got shape (2, 7, 11), float16",
        (query.int(), key, value): "query must be a floating-point tensor, got shape (2, 5, 11), int32",
        (query, key.to("meta"), value): "key must be on device cpu, got device meta",
        (
            query,
            torch.cat([key, key[:1]]),
            torch.cat([value, value[:1]]),
        ): "key must be of batch shape broadcastable to (2,)",
    }
    for arguments, text in wanted.items():
        assert message(path, *arguments).startswith(f"{where}: {text}")


def test_errors_of_width_name_the_function_that_needs_equal_widths():
    query, key, value = inputs(B)
    narrow = key[..., :2]
    text = "key must be as wide as query, (..., M, 11), got shape (2, 7, 2), float64"
    assert message(attention, query, narrow, value).startswith(f"scaled_dot_scores: {text}")
    assert message(fused_attention, query, narrow, value).startswith(f"fused_attention: {text}")
    assert message(kernel_smoother, query, narrow, value).startswith(f"kernel_smoother: {text}")


@pytest.mark.parametrize("path", [attention, fused_attention], ids=lambda f: f.__name__)
def test_errors_of_mask(path):
    tensors, where = inputs(B, h), path.__name__
    wanted = [
        (torch.ones(N, M), "mask must be of dtype bool, True = may attend, got shape (5, 7), float32 (convert it:"),
        (torch.zeros(N, M).int(), "mask must be of dtype bool, True = may attend, got shape (5, 7), int32"),
        ([True], "mask must be a torch.Tensor of dtype bool, got list [True]"),
        (torch.ones(M, N).bool(), "mask must be broadcastable to the scores, (2, 3, 5, 7), got shape (7, 5), bool"),
        (
            torch.ones(5, B, h, N, M).bool(),
            "mask must be broadcastable to the scores, (2, 3, 5, 7), got shape (5, 2, 3, 5, 7)",
        ),
        (
            torch.ones(B, N, M).bool(),
            "mask must be broadcastable to the scores, (2, 3, 5, 7), got shape (2, 5, 7), bool "
            "(did you forget the heads axis? use mask[:, None])",
        ),
    ]
    for mask, text in wanted:
        assert message(path, *tensors, mask).startswith(f"{where}: {text}")
    assert "must be broadcastable to the scores, (5, 7)" in message(path, *inputs(), torch.ones(B, N, M).bool())


def test_errors_of_numbers():
    query, key, value = inputs()
    for dropout in (-0.1, 1.0, math.nan, "a", None):
        assert message(fused_attention, query, key, value, dropout=dropout) == (
            "fused_attention: dropout must be a number from 0.0 to below 1.0, got "
            f"{type(dropout).__name__} {dropout!r}"
        )
    for scale in (math.nan, math.inf, "a", torch.tensor(1.0), True):
        assert message(fused_attention, query, key, value, scale=scale).startswith(
            "fused_attention: scale must be a finite number, got "
        )
    assert message(fused_attention, query, key[:3], value[:3], is_causal=True) == (
        "fused_attention: key must be of at least N = 5 rows when is_causal, got shape (3, 11), float64"
    )
    for bandwidth in (0, -1.0, "wide", math.nan):
        assert message(kernel_smoother, query, key, value, bandwidth).startswith(
            "kernel_smoother: bandwidth must be a number greater than 0, got "
        )
    for shape in ((2,), (3, 5, 7), (7, 5)):
        assert message(kernel_smoother, query, key, value, torch.ones(shape, dtype=torch.float64)) == (
            "kernel_smoother: bandwidth must be a number, or broadcastable to the scores, (5, 7), "
            f"got shape {shape}, float64"
        )


@pytest.mark.parametrize("bad", ["dot", 5, None, torch.ones(5, 7)], ids=str)
def test_errors_of_parts_that_are_no_functions(bad):
    for name, example in (("score", "dot_scores"), ("normalise", "relu_weights")):
        text = message(attention, *inputs(B), **{name: bad})
        assert text.startswith(f"attention: {name} must be a function, got ")
        assert text.endswith(f"(as in {name}={example}, without quotation marks)")


@pytest.mark.parametrize("mask", [None, torch.ones(N, M, dtype=torch.bool)], ids=["no mask", "mask"])
def test_errors_of_what_parts_return(mask):
    """A learner's own score with the transpose forgotten, a normaliser without a return."""
    query, key, value = inputs(B)
    returned = {"got shape (2, 7, 5), float64": query.new_zeros(B, M, N), "got NoneType None": None}
    for got, result in returned.items():
        for name in ("score", "normalise"):
            text = message(attention, query, key, value, mask, **{name: lambda _, __, result=result: result})
            assert text == f"attention: what {name} returns must be of shape (..., 5, 7), {got}"


def test_a_bandwidth_for_each_head():
    tensors = inputs(B, h)
    bandwidth = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    estimate, weights = kernel_smoother(*tensors, bandwidth[:, None, None])
    for head in range(h):
        alone = kernel_smoother(*(x[:, head] for x in tensors), bandwidth[head].item())
        assert_close((estimate[:, head], weights[:, head]), alone)


def test_defaults_are_scaled_dot_and_softmax():
    tensors = inputs(B)
    named = attention(*tensors, score=scaled_dot_scores, normalise=softmax_weights)
    assert_close(attention(*tensors), named, rtol=0, atol=0)
