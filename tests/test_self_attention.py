"""Self-attention: by vectors, as matrices, as columns, and as a module."""

import math
import re

import pytest
import specification as spec
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import B, M, N, d, d_v, normal
from torch.testing import assert_close

from course_attn.masks import causal_mask
from course_attn.self_attention import (
    SelfAttention,
    self_attention,
    self_attention_by_vectors,
    self_attention_columns,
)

D, D_CONTEXT = 17, 19


def weights(dtype=torch.float64):
    return [normal(D, width, seed=seed, dtype=dtype) / 4 for seed, width in ((5, d), (6, d), (7, d_v))]


def test_by_hand():
    """Two places; scores 0 and log 3 (times the root of d = 4) make shares of one and three quarters."""
    x = torch.eye(2)
    root = 2 * math.log(3)
    w_q = torch.tensor([[root, 0, 0, 0], [0.0, 0, 0, 0]])
    w_k = torch.tensor([[0.0, 0, 0, 0], [1.0, 0, 0, 0]])
    w_v = torch.tensor([[4.0], [8.0]])
    output, shares = self_attention(x, w_q, w_k, w_v)
    assert_close(shares, torch.tensor([[0.25, 0.75], [0.5, 0.5]]))
    assert_close(output, torch.tensor([[7.0], [6.0]]))


def test_is_its_loop():
    x, (w_q, w_k, w_v) = normal(B, N, D), weights()
    output, shares = self_attention(x, w_q, w_k, w_v)

    def product(rows, matrix):
        columns = list(zip(*matrix, strict=True))
        return [[spec.dot(row, column) for column in columns] for row in rows]

    for b in range(B):
        rows = x[b].tolist()
        q, k, v = (product(rows, w.tolist()) for w in (w_q, w_k, w_v))
        wanted_output, wanted_shares = spec.attention(q, k, v, [[True] * N] * N)
        assert_close(output[b], torch.tensor(wanted_output, dtype=torch.float64))
        assert_close(shares[b], torch.tensor(wanted_shares, dtype=torch.float64))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_vectors_matrices_and_columns_agree_in_value_and_gradient(dtype):
    x, (w_q, w_k, w_v) = normal(N, D, dtype=dtype), weights(dtype)
    leaves = [t.requires_grad_() for t in (x, w_q, w_k, w_v)]
    matrices = self_attention(*leaves)
    vectors = self_attention_by_vectors(*leaves)
    columns = self_attention_columns(*(t.T for t in leaves))
    upstream = normal(N, d_v, seed=9, dtype=dtype)
    wanted = torch.autograd.grad((matrices[0] * upstream).sum(), leaves)
    for output, shares in (vectors, (columns[0].T, columns[1].T)):
        assert_close(output, matrices[0])
        assert_close(shares, matrices[1])
        assert_close(torch.autograd.grad((output * upstream).sum(), leaves), wanted)
    assert_close(columns[1].sum(0), torch.ones(N, dtype=dtype))


def test_gradients():
    leaves = [normal(*shape, seed=i).requires_grad_() for i, shape in enumerate(((3, 2), (2, 3), (2, 3), (2, 1)))]
    assert torch.autograd.gradcheck(lambda *t: self_attention(*t)[0], leaves)
    assert torch.autograd.gradcheck(lambda *t: self_attention_columns(*(x.T for x in t))[0], leaves)
    assert torch.autograd.gradcheck(lambda *t: self_attention_by_vectors(*t)[0], leaves)


@given(st.permutations(range(N)))
def test_permuting_the_places_permutes_the_output(order):
    x, (w_q, w_k, w_v) = normal(B, N, D), weights()
    output, shares = self_attention(x, w_q, w_k, w_v)
    permuted, permuted_shares = self_attention(x[:, order], w_q, w_k, w_v)
    assert_close(permuted, output[:, order])
    assert_close(permuted_shares, shares[:, order][:, :, order])


@given(st.integers(1, N - 1))
def test_the_future_cannot_matter(place):
    layer = SelfAttention(D, d, d_v).double()
    x = normal(B, N, D)
    other = x.clone()
    other[:, place:] += 5
    assert_close(layer(x, mask=causal_mask(N))[:, :place], layer(other, mask=causal_mask(N))[:, :place])
    assert not torch.allclose(layer(x)[:, :place], layer(other)[:, :place])


def test_module_is_the_function_and_both_paths_agree():
    layer = SelfAttention(D, d, d_v).double()
    x = normal(B, N, D)
    output, shares = layer(x, mask=causal_mask(N), return_weights=True)
    matrices = [p.weight.T for p in (layer.query, layer.key, layer.value)]
    wanted, wanted_shares = self_attention(x, *matrices, causal_mask(N))
    assert_close(output, wanted)
    assert_close(shares, wanted_shares)
    assert_close(layer(x, mask=causal_mask(N)), wanted)
    assert layer.query.bias is None


def test_cross_attention():
    """Queries from x, keys and values from the context; one output row for each query."""
    layer = SelfAttention(D, d, d_v, d_context=D_CONTEXT, bias=True).double()
    x, context = normal(B, N, D), normal(B, M, D_CONTEXT, seed=2)
    output, shares = layer(x, context, return_weights=True)
    assert output.shape == (B, N, d_v)
    wanted = spec.batched(
        lambda q, k, v: spec.attention(q, k, v, [[True] * M] * N),
        layer.query(x),
        layer.key(context),
        layer.value(context),
    )
    assert_close(output, wanted[0])
    assert_close(shares, wanted[1])
    assert_close(layer(x, context), output)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_a_dead_row_is_zero_in_value_and_gradient(dtype):
    layer = SelfAttention(D, d, d_v).to(dtype)
    x = normal(B, N, D, dtype=dtype).requires_grad_()
    mask = causal_mask(N).clone()
    mask[0] = False
    for return_weights in (False, True):
        result = layer(x, mask=mask, return_weights=return_weights)
        output = result[0] if return_weights else result
        assert (output[:, 0] == 0).all()
        (gradient,) = torch.autograd.grad(output[:, 0].sum(), x)
        assert (gradient == 0).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SelfAttention(0), "SelfAttention: d_model must be a whole number of at least 1, got int 0"),
        (lambda: SelfAttention(D, d_value=0), "SelfAttention: d_value must be a whole number"),
        (
            lambda: SelfAttention(D)(torch.zeros(2, 3)),
            f"SelfAttention: x must be of shape (..., N, {D}), got shape (2, 3)",
        ),
        (lambda: SelfAttention(D, d_context=3)(torch.zeros(2, D)), "context must be of width 3, got None"),
        (lambda: SelfAttention(D)(torch.zeros(2, D), torch.zeros(2, 3)), f"context must be of shape (..., M, {D})"),
        (
            lambda: self_attention(torch.zeros(2, D), torch.zeros(3, d), torch.zeros(D, d), torch.zeros(D, d)),
            f"self_attention: w_q must be of shape ({D}, {d}), got shape (3, {d}), float32",
        ),
        (
            lambda: self_attention(torch.zeros(2, D), torch.zeros(D, d), torch.zeros(D, 3), torch.zeros(D, d)),
            f"self_attention: w_k must be of shape ({D}, {d}), got shape ({D}, 3), float32",
        ),
        (
            lambda: self_attention_by_vectors(torch.zeros(1, 2, D), *(torch.zeros(D, d),) * 3),
            "self_attention_by_vectors: x must be of shape (N, D), got shape (1, 2, 17)",
        ),
        (
            lambda: self_attention_columns(torch.zeros(D, 2), torch.zeros(d, D), torch.zeros(3, D), torch.zeros(d, D)),
            f"self_attention_columns: w_k must be of shape ({d}, {D}), got shape (3, {D}), float32",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: SelfAttention(12)(torch.zeros(2, 5, 12).double()),
            "SelfAttention: x must be of the layer's dtype, float32, got shape (2, 5, 12), float64",
        ),
        (
            lambda: SelfAttention(12)(torch.zeros(2, 5, 12), torch.zeros(2, 5, 12).double()),
            "SelfAttention: context must be of the layer's dtype, float32, got shape",
        ),
        (lambda: SelfAttention("12"), "d_model must be a whole number of at least 1, got str '12'"),
        (lambda: SelfAttention(12)(None), "SelfAttention: x must be a torch.Tensor, got NoneType None"),
        (
            lambda: self_attention(torch.zeros(2, 5, 12), None, torch.zeros(12, 3), torch.zeros(12, 3)),
            "self_attention: w_q must be a torch.Tensor, got NoneType None",
        ),
        (
            lambda: self_attention(torch.zeros(2, 5, 12), torch.zeros(12, 3), torch.zeros(12, 3), "w_v"),
            "self_attention: w_v must be a torch.Tensor, got str 'w_v'",
        ),
        (
            lambda: self_attention_by_vectors(torch.zeros(2, 5, 12)[0], torch.zeros(12, 3), [1], torch.zeros(12, 3)),
            "self_attention_by_vectors: w_k must be a torch.Tensor, got list [1]",
        ),
        (
            lambda: self_attention(torch.zeros(2, 5, 12), torch.zeros(12), torch.zeros(12, 3), torch.zeros(12, 3)),
            "self_attention: w_q must be of shape (D, d), got shape (12,), float32",
        ),
        (
            lambda: self_attention_columns(torch.zeros(12, 5), torch.zeros(3, 12), torch.zeros(3, 12), None),
            "self_attention_columns: w_v must be a torch.Tensor, got NoneType None",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
