"""Attention: readable form, fused form and kernel smoother have one meaning (see also test_attention_properties.py)."""

import functools
import math

import pytest
import specification as spec
import torch
from specification import DEAD, MASKS, B, M, N, batched, d, d_v, full, h, inputs, normal
from torch.testing import assert_close

from course_attn.attention import attention, fused_attention, kernel_smoother
from course_attn.masks import causal_mask, padding_mask
from course_attn.normalisers import relu_weights, sparsemax_weights
from course_attn.scores import cosine_scores, dot_scores

EVERY_DTYPE = [torch.float64, torch.float32, torch.bfloat16, torch.float16]
every_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
every_dtype = pytest.mark.parametrize("dtype", EVERY_DTYPE, ids=str)


def readable(*arguments, **named):
    return attention(*arguments, **named)[0]


both_paths = pytest.mark.parametrize("path", [readable, fused_attention], ids=["readable", "fused"])

# ---------------------------------------------------------------- (a) by hand

# Scores of the one query: 2 ln 3 / sqrt 4 = ln 3 with the first key and 0 with the second: weights 3/4 and 1/4.
QUERY = torch.tensor([[2 * math.log(3.0), 0.0, 0.0, 0.0]])
KEY = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 5.0, 0.0, 0.0]])
VALUE = torch.tensor([[4.0, 0.0, 8.0], [0.0, 8.0, 8.0]])


def test_attention_by_hand():
    output, weights = attention(QUERY, KEY, VALUE)
    assert_close(weights, torch.tensor([[0.75, 0.25]]))
    assert_close(output, torch.tensor([[3.0, 2.0, 8.0]]))
    output, weights = attention(QUERY, KEY, VALUE, torch.tensor([[False, True]]))
    assert_close(weights, torch.tensor([[0.0, 1.0]]))
    assert_close(output, VALUE[1:])


def test_fused_by_hand():
    assert_close(fused_attention(QUERY, KEY, VALUE), torch.tensor([[3.0, 2.0, 8.0]]))
    assert_close(fused_attention(QUERY, KEY, VALUE, torch.tensor([[False, True]])), VALUE[1:])
    # scale 1 instead of 1/2: scores 2 ln 3 and 0, weights 0.9 and 0.1
    assert_close(fused_attention(QUERY, KEY, VALUE, scale=1.0), torch.tensor([[3.6, 0.8, 8.0]]))


def test_kernel_smoother_by_hand():
    query, key = torch.tensor([[0.0]]), torch.tensor([[0.0], [2.0]])
    value = torch.tensor([[0.0], [1.0]])
    near = math.exp(-(2.0**2) / (2 * 3.0**2))  # bandwidth 3, distance 2
    estimate, weights = kernel_smoother(query, key, value, bandwidth=3.0)
    assert_close(weights, torch.tensor([[1 / (1 + near), near / (1 + near)]]))
    assert_close(estimate, torch.tensor([[near / (1 + near)]]))


# ---------------------------------------------------------------- (b) loops


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@every_mask
def test_attention_is_its_loop(mask, dtype):
    query, key, value = inputs(B, h, dtype=dtype)
    output, weights = attention(query, key, value, mask)
    assert output.shape == (B, h, N, d_v)
    assert output.dtype == weights.dtype == dtype
    wanted = batched(spec.attention, query, key, value, full(mask, B, h))
    assert_close(output, wanted[0].to(dtype))
    assert_close(weights, wanted[1].to(dtype))
    assert_close(fused_attention(query, key, value, mask), wanted[0].to(dtype))


@every_mask
def test_another_score_and_another_normaliser(mask):
    query, key, value = inputs(B, h)
    for score, one_row, normalise in (
        (cosine_scores, spec.sparsemax_row, sparsemax_weights),
        (dot_scores, spec.relu_row, relu_weights),
    ):
        got = attention(query, key, value, mask, score=score, normalise=normalise)
        loop = functools.partial(spec.attention, score=getattr(spec, score.__name__), one_row=one_row)
        wanted = batched(loop, query, key, value, full(mask, B, h))
        assert_close(got[0], wanted[0])
        assert_close(got[1], wanted[1])


def test_a_score_may_join_widths_that_differ():
    query, key, value = normal(N, d), normal(M, 2, seed=1), normal(M, d_v, seed=2)
    _, weights = attention(query, key, value, score=lambda q, k: q[:, :2] @ k.T)
    assert_close(weights, torch.softmax(query[:, :2] @ key.T, -1))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_kernel_smoother_far_from_every_measurement(dtype):
    """The square of a distance of 512 is more than float16 holds. The nearest counts, whatever the distance."""
    three = [512.0, 1.0], [0.0, 4.0, 8.0], [1.0, 2.0, 3.0]
    query, key, value = (torch.tensor(x, dtype=dtype)[:, None] for x in three)
    estimate, weights = kernel_smoother(query, key, value)
    assert_close(estimate[0, 0].item(), 3.0)
    assert_close(weights.sum(-1), torch.ones(2, dtype=dtype))
    assert weights.dtype == dtype


def test_kernel_smoother_with_a_bandwidth_for_each_key():
    query, key, value = normal(2, 1), normal(3, 1, seed=1) + 2, normal(3, 1, seed=2)
    bandwidth = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    powers = torch.exp(-(query - key.T) ** 2 / (2 * bandwidth**2))
    assert_close(kernel_smoother(query, key, value, bandwidth)[1], powers / powers.sum(-1, keepdim=True))


def test_kernel_smoother_is_its_loop():
    query, key, value = inputs(B)

    def score(query, key):
        return [[-sum((a - b) ** 2 for a, b in zip(q, k, strict=True)) / (2 * 1.7**2) for k in key] for q in query]

    wanted = batched(functools.partial(spec.attention, score=score), query, key, value, full(None, B))
    estimate, weights = kernel_smoother(query, key, value, bandwidth=1.7)
    assert_close(estimate, wanted[0])
    assert_close(weights, wanted[1])
    assert_close(kernel_smoother(query, key, value)[0], kernel_smoother(query, key, value, 1.0)[0])


# ---------------------------------------------------------------- (c) readable = fused, value and gradient


def value_and_gradients(path, tensors, mask, **named):
    leaves = [x.clone().requires_grad_() for x in tensors]
    output = path(*leaves, mask, **named)
    (output * normal(*output.shape, seed=9, dtype=output.dtype)).sum().backward()
    return output.detach(), [x.grad for x in leaves]


@pytest.mark.parametrize("width", [d, d_v])  # values as wide as keys, and not: torch takes different kernels
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@every_mask
def test_readable_and_fused_agree(mask, dtype, width):
    tensors = inputs(B, h, dtype=dtype, width=width)
    output, gradients = value_and_gradients(readable, tensors, mask)
    fused_output, fused_gradients = value_and_gradients(fused_attention, tensors, mask)
    assert_close(fused_output, output)
    for fused, plain in zip(fused_gradients, gradients, strict=True):
        assert_close(fused, plain)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@every_mask
def test_readable_and_fused_agree_in_half_precision(mask, dtype):
    tensors = inputs(B, h, dtype=dtype, width=d)
    exact = readable(*(x.double() for x in tensors), mask)
    for path in (readable, fused_attention):
        assert_close(path(*tensors, mask).double(), exact, rtol=0.02, atol=0.02 if dtype == torch.bfloat16 else 0.004)


@every_mask
def test_is_causal_joins_with_any_mask(mask):
    tensors = inputs(B, h)
    both = causal_mask(N, M) if mask is None else causal_mask(N, M) & mask
    wanted = value_and_gradients(readable, tensors, both)
    got = value_and_gradients(fused_attention, tensors, mask, is_causal=True)
    assert_close(got, wanted)


def test_is_causal_of_a_square():
    query, _, value = inputs(B, h, width=d)
    key, value = normal(B, h, N, d, seed=7), value[..., :N, :]
    assert_close(fused_attention(query, key, value, is_causal=True), readable(query, key, value, causal_mask(N)))


def test_scale_is_the_factor_of_the_dot_product():
    tensors = inputs(B, h)
    assert_close(fused_attention(*tensors, scale=1.0), readable(*tensors, score=dot_scores))
    for mask in (None, MASKS["causal"]):
        doubled = readable(*tensors, mask, score=lambda q, k: 2 * dot_scores(q, k))
        assert_close(fused_attention(*tensors, mask, scale=2.0), doubled)


@pytest.mark.parametrize(
    ("lead", "mask_lead"),
    [
        ((), ()),
        ((B,), ()),
        ((B,), (1,)),
        ((B,), (B,)),
        ((B, h), (B, 1)),
        ((B, h), (1, h)),
        ((2, 3, 2), ()),
        ((2, 3, 2), (3, 1)),
        ((2, 3, 2), (2, 1, 2)),
    ],
)
def test_any_number_of_batch_axes(lead, mask_lead):
    tensors = inputs(*lead)
    mask = torch.rand(*mask_lead, N, M, generator=torch.Generator().manual_seed(6)) < 0.5
    mask[..., 2, :] = False
    assert_close(fused_attention(*tensors, mask), readable(*tensors, mask))
    assert_close(fused_attention(*tensors, mask), batched(spec.attention, *tensors, mask.expand(*lead, N, M))[0])


def test_batch_shapes_of_query_key_and_value_broadcast():
    query, key, value = inputs(B, h)
    cases = [
        (query, key[:1], value[:1]),
        (query[:, :1], key, value),
        (query, key[0, 0], value[0, 0]),
        (query[0, 0], key, value),
    ]
    for q, k, v in cases:
        wanted = batched(spec.attention, q, k, v, full(None, B, h))[0]
        assert_close(readable(q, k, v), wanted)
        assert_close(fused_attention(q, k, v), wanted)


@both_paths
def test_a_padding_mask_fits_as_the_docstring_says(path):
    tensors = inputs(B)
    lengths = [M, 3]
    output = path(*tensors, padding_mask(lengths, M))
    for b, length in enumerate(lengths):
        query, key, value = (x[b] for x in tensors)
        assert_close(output[b], path(query, key[:length], value[:length]))
    with_heads = path(*(x[:, None] for x in tensors), padding_mask(lengths, M)[:, None])
    assert_close(with_heads[:, 0], output)


# ---------------------------------------------------------------- dead rows


@pytest.mark.parametrize("width", [d, d_v])
@every_dtype
@both_paths
def test_a_dead_row_is_zero_in_value_and_gradient(path, dtype, width):
    query, key, value = (x.requires_grad_() for x in inputs(B, h, dtype=dtype, width=width))
    output = path(query, key, value, MASKS["dead row"])
    (100 * output).sum().backward()
    assert torch.equal(output[DEAD], torch.zeros(width, dtype=dtype))
    assert torch.equal(query.grad[DEAD], torch.zeros(d, dtype=dtype))
    for x in (output, query.grad, key.grad, value.grad):
        assert torch.isfinite(x).all()
    live = torch.ones(B, h, N, dtype=torch.bool)
    live[DEAD] = False
    assert (output[live] != 0).any(-1).all()  # zero there and nowhere else


@pytest.mark.parametrize("width", [d, d_v])
@every_dtype
@both_paths
def test_when_every_row_is_dead_nothing_flows(path, dtype, width):
    query, key, value = (x.requires_grad_() for x in inputs(B, h, dtype=dtype, width=width))
    output = path(query, key, value, torch.zeros(N, M, dtype=torch.bool))
    output.sum().backward()
    for x in (output, query.grad, key.grad, value.grad):
        assert torch.equal(x, torch.zeros_like(x))


@both_paths
def test_the_other_rows_do_not_feel_a_dead_one(path):
    """The gradients of keys and values are those of the live queries alone."""
    tensors = inputs(1)
    mask = torch.ones(N, M, dtype=torch.bool)
    mask[3] = False
    live = [0, 1, 2, 4]
    query, key, value = (x.clone().requires_grad_() for x in tensors)
    path(query, key, value, mask).square().sum().backward()
    query_, key_, value_ = (x.clone().requires_grad_() for x in tensors)
    path(query_[:, live], key_, value_).square().sum().backward()
    assert_close(key.grad, key_.grad)
    assert_close(value.grad, value_.grad)
    assert_close(query.grad, query_.grad)


# ---------------------------------------------------------------- (d) gradients


@both_paths
def test_gradients(path):
    query, key, value = (normal(2, 3, 3, seed=i).requires_grad_() for i in (1, 2, 3))
    dead = causal_mask(3)
    dead[1] = False
    for mask in (None, causal_mask(3), dead):
        assert torch.autograd.gradcheck(lambda *x, m=mask: path(*x, m), (query, key, value))


def test_gradients_of_weights_and_smoother():
    query, key, value = (normal(2, 3, seed=i).requires_grad_() for i in (1, 2, 3))
    bandwidth = torch.tensor(1.3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(attention, (query, key, value))  # output and weights
    assert torch.autograd.gradcheck(kernel_smoother, (query, key, value, bandwidth))


def test_readable_and_fused_refuse_a_mask_that_only_the_values_could_carry():
    query, key, value = torch.randn(N, d), torch.randn(M, d), torch.randn(B, M, d)
    mask = torch.ones(B, N, M, dtype=torch.bool)
    for function in (attention, fused_attention):
        with pytest.raises(ValueError, match=r"mask must be broadcastable to the scores, \(5, 7\)"):
            function(query, key, value, mask)


def test_readable_and_fused_name_a_mask_on_another_device_alike():
    query, key, value = torch.randn(N, d), torch.randn(M, d), torch.randn(M, d)
    mask = torch.ones(N, M, dtype=torch.bool, device="meta")
    for function in (attention, fused_attention):
        with pytest.raises(
            ValueError, match=r"attention: mask must be on the scores' device, cpu, got device meta \(move"
        ):
            function(query, key, value, mask)


@pytest.mark.parametrize("name", ["score", "normalise"])
def test_a_function_that_answers_from_another_device_is_named(name):
    query, key, value = torch.randn(N, d), torch.randn(M, d), torch.randn(M, d)
    message = f"what {name} returns must be on the query's device, cpu, got device meta"
    with pytest.raises(ValueError, match=message):
        attention(query, key, value, **{name: lambda *inputs: torch.zeros(N, M, device="meta")})
