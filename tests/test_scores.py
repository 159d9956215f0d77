"""Scores: how well each query matches each key."""

import math

import pytest
import specification as spec
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import B, M, N, batched, d, h, inputs, normal
from torch.testing import assert_close

from course_attn.scores import (
    AdditiveScore,
    BilinearScore,
    additive_scores,
    bilinear_scores,
    cosine_scores,
    dot_scores,
    scaled_dot_scores,
)

D_KEY, D_HIDDEN = 17, 19  # a key of another width than the query, and a hidden layer

QUERY = torch.tensor([[1.0, 2.0], [0.0, -3.0], [3.0, 4.0]])
KEY = torch.tensor([[4.0, 3.0], [-1.0, 1.0]])
PLAIN = [dot_scores, scaled_dot_scores, cosine_scores]


def parameters(dtype=torch.float64):
    """w_query, w_key, v of the additive score and the weight of the bilinear one."""
    return {
        "w_query": normal(D_HIDDEN, d, seed=5, dtype=dtype),
        "w_key": normal(D_HIDDEN, D_KEY, seed=6, dtype=dtype),
        "v": normal(D_HIDDEN, seed=7, dtype=dtype),
        "weight": normal(d, D_KEY, seed=8, dtype=dtype),
    }


# ---------------------------------------------------------------- (a) by hand


def test_dot_by_hand():
    assert_close(dot_scores(QUERY, KEY), torch.tensor([[10.0, 1.0], [-9.0, -3.0], [24.0, 1.0]]))


def test_scaled_dot_by_hand():
    query, key = torch.tensor([[1.0, 2.0, 3.0, 4.0]]), torch.tensor([[1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, -2.0]])
    assert_close(scaled_dot_scores(query, key), torch.tensor([[5.0, -4.0]]))  # d = 4: half of 10 and of -8


def test_cosine_by_hand():
    expected = torch.tensor([[10 / (5 * math.sqrt(5))], [-0.6], [0.96]])
    assert_close(cosine_scores(QUERY, KEY[:1]), expected)
    assert_close(cosine_scores(QUERY, KEY[:1], temperature=0.5), 2 * expected)


def test_additive_by_hand():
    scores = additive_scores(
        torch.tensor([[1.0, 0.0], [0.0, 1.0]]),
        torch.tensor([[2.0]]),
        w_query=torch.tensor([[1.0, 0.0], [0.0, 3.0]]),
        w_key=torch.tensor([[-0.5], [0.25]]),
        v=torch.tensor([2.0, 10.0]),
    )
    # query 0: hidden (1 - 1, 0 + 0.5); query 1: hidden (0 - 1, 3 + 0.5)
    expected = [[10 * math.tanh(0.5)], [2 * math.tanh(-1.0) + 10 * math.tanh(3.5)]]
    assert_close(scores, torch.tensor(expected))


def test_bilinear_by_hand():
    weight = torch.tensor([[0.0, 1.0], [2.0, 0.0]])  # q W k = q0 k1 + 2 q1 k0
    assert_close(bilinear_scores(QUERY, KEY, weight), torch.tensor([[19.0, -3.0], [-24.0, 6.0], [41.0, -5.0]]))
    assert_close(bilinear_scores(QUERY, KEY, torch.eye(2)), dot_scores(QUERY, KEY))


# ---------------------------------------------------------------- (b) loops


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("lead", [(), (B,), (B, h)])
def test_scores_are_their_loops(lead, dtype):
    query, key, _ = inputs(*lead, dtype=dtype)
    wide_key = normal(*lead, M, D_KEY, seed=9, dtype=dtype)
    p = parameters(dtype)
    additive = {name: p[name] for name in ("w_query", "w_key", "v")}
    lists = {name: tensor.tolist() for name, tensor in p.items()}
    pairs = [
        (dot_scores(query, key), batched(spec.dot_scores, query, key)),
        (scaled_dot_scores(query, key), batched(spec.scaled_dot_scores, query, key)),
        (cosine_scores(query, key, 0.7), batched(lambda q, k: spec.cosine_scores(q, k, 0.7), query, key)),
        (
            additive_scores(query, wide_key, **additive),
            batched(
                lambda q, k: spec.additive_scores(q, k, lists["w_query"], lists["w_key"], lists["v"]), query, wide_key
            ),
        ),
        (
            bilinear_scores(query, wide_key, p["weight"]),
            batched(lambda q, k: spec.bilinear_scores(q, k, lists["weight"]), query, wide_key),
        ),
    ]
    for got, wanted in pairs:
        assert got.dtype == dtype
        assert got.shape == (*lead, N, M)
        assert_close(got, wanted.to(dtype), rtol=1e-4, atol=1e-4 if dtype == torch.float32 else 1e-10)


@pytest.mark.parametrize("score", PLAIN)
def test_batch_shapes_broadcast(score):
    query, key, _ = inputs(B, h)
    assert_close(score(query[:, :1], key[:1]), batched(getattr(spec, score.__name__), query[:, :1], key[:1]))


# ---------------------------------------------------------------- (d) gradients


def test_gradients():
    query, key = (normal(2, 3, seed=i).requires_grad_() for i in (1, 2))
    narrow_key = normal(2, 2, seed=3).requires_grad_()
    w_query, w_key, v = (normal(*s, seed=4).requires_grad_() for s in ((3, 3), (3, 2), (3,)))
    weight = normal(3, 2, seed=5).requires_grad_()
    temperature = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(dot_scores, (query, key))
    assert torch.autograd.gradcheck(scaled_dot_scores, (query, key))
    assert torch.autograd.gradcheck(cosine_scores, (query, key, temperature))
    assert torch.autograd.gradcheck(additive_scores, (query, narrow_key, w_query, w_key, v))
    assert torch.autograd.gradcheck(bilinear_scores, (query, narrow_key, weight))


# ---------------------------------------------------------------- (e) properties


@given(st.permutations(range(N)), st.permutations(range(M)), st.sampled_from(PLAIN))
def test_permuting_queries_and_keys_permutes_rows_and_columns(rows, columns, score):
    query, key, _ = inputs(B)
    assert_close(score(query[:, rows], key[:, columns]), score(query, key)[:, rows][:, :, columns])


@given(st.floats(0.01, 100), st.floats(0.01, 100))
def test_cosine_ignores_lengths(a, b):
    query, key, _ = inputs(B)
    assert_close(cosine_scores(a * query, b * key), cosine_scores(query, key))


def test_cosine_stays_within_one_over_temperature():
    query, key, _ = inputs(B, dtype=torch.float32)
    assert cosine_scores(query, query).diagonal(dim1=-2, dim2=-1).sub(1).abs().max() < 1e-6
    assert cosine_scores(query, key, temperature=0.1).abs().max() <= 10


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_cosine_of_a_zero_vector_is_zero(dtype):
    query, key, _ = inputs(dtype=dtype)
    query[2] = 0
    query.requires_grad_()
    scores = cosine_scores(query, key)
    assert torch.equal(scores[2], torch.zeros(M, dtype=dtype))
    scores[:2].sum().backward()  # the gradient of the others is not spoilt by the zero row
    assert torch.isfinite(query.grad).all()


def test_cosine_takes_a_temperature_for_each_head():
    query, key, _ = inputs(B, h)
    temperature = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)[:, None, None]
    scores = cosine_scores(query, key, temperature)
    for head in range(h):
        assert_close(scores[:, head], cosine_scores(query[:, head], key[:, head], temperature[head].item()))


def test_scaling_keeps_the_variance_at_one():
    """Why the square root of d: without it the variance of a score is d."""
    for width in (16, 256):
        query, key = normal(300, width, seed=1), normal(300, width, seed=2)
        assert dot_scores(query, key).var().item() == pytest.approx(width, rel=0.1)
        assert scaled_dot_scores(query, key).var().item() == pytest.approx(1.0, rel=0.1)


def test_scaled_scores_do_not_overflow_on_the_way():
    """q . k is 1.6e5, past float16; the scaled score, 2e4, is not."""
    query = torch.full((1, 64), 50.0, dtype=torch.float16)
    assert_close(scaled_dot_scores(query, query), torch.full((1, 1), 2e4, dtype=torch.float16))


@pytest.mark.parametrize("score", PLAIN)
def test_inputs_are_left_alone_and_nan_is_not_hidden(score):
    query, key, _ = inputs(B)
    before = query.clone(), key.clone()
    score(query, key)
    assert torch.equal(query, before[0])
    assert torch.equal(key, before[1])
    key[0, 4, 2] = math.nan
    scores = score(query, key)
    assert scores[0, :, 4].isnan().all()
    assert scores.isnan().sum() == N


# ---------------------------------------------------------------- modules


def test_additive_module_is_its_function():
    module = AdditiveScore(d, D_KEY, D_HIDDEN)
    query, key = normal(B, N, d, dtype=torch.float32), normal(B, M, D_KEY, seed=1, dtype=torch.float32)
    assert {name: tuple(p.shape) for name, p in module.named_parameters()} == {
        "w_query": (D_HIDDEN, d),
        "w_key": (D_HIDDEN, D_KEY),
        "v": (D_HIDDEN,),
    }
    scores = module(query, key)
    assert_close(scores, additive_scores(query, key, module.w_query, module.w_key, module.v))
    scores.sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters())


def test_bilinear_module_is_its_function():
    module = BilinearScore(d, D_KEY)
    query, key = normal(B, N, d, dtype=torch.float32), normal(B, M, D_KEY, seed=1, dtype=torch.float32)
    assert {name: tuple(p.shape) for name, p in module.named_parameters()} == {"weight": (d, D_KEY)}
    scores = module(query, key)
    assert_close(scores, bilinear_scores(query, key, module.weight))
    scores.sum().backward()
    assert module.weight.grad.abs().sum() > 0


def test_modules_start_with_scores_of_a_moderate_size():
    query, key = normal(500, 64, dtype=torch.float32), normal(500, 256, seed=1, dtype=torch.float32)
    with torch.no_grad():
        assert BilinearScore(64, 256)(query, key).var().item() == pytest.approx(1.0, rel=0.15)
        assert 0.1 < AdditiveScore(64, 256, 128)(query[:50], key[:50]).var().item() < 2.0


# ---------------------------------------------------------------- (f) errors

WIDE = normal(B, M, D_KEY, seed=9)


def error_of(function, *arguments, **named):
    with pytest.raises(ValueError, match="must be") as problem:
        function(*arguments, **named)
    return str(problem.value)


@pytest.mark.parametrize("score", PLAIN)
def test_errors_of_shape_and_dtype(score):
    query, key, _ = inputs(B)
    where = score.__name__
    assert error_of(score, query, WIDE) == (
        f"{where}: key must be as wide as query, (..., M, 11), got shape (2, 7, 17), float64 "
        "(did you transpose it already? scores do that themselves)"
    )
    assert (
        error_of(score, query, key.float()) == f"{where}: key must be of dtype float64, got shape (2, 7, 11), float32"
    )
    assert error_of(score, query.long(), key.long()) == (
        f"{where}: query must be a floating-point tensor, got shape (2, 5, 11), int64 (convert it: query.float())"
    )
    assert error_of(score, query, [[1.0]]) == f"{where}: key must be a torch.Tensor, got list [[1.0]]"
    assert error_of(score, query[0, 0], key) == (
        f"{where}: query must be a tensor of at least 2 dimensions, got shape (11,), float64"
    )
    assert (
        error_of(score, query, key[:, :0]) == f"{where}: key must be a non-empty tensor, got shape (2, 0, 11), float64"
    )
    assert error_of(score, query[:, :0], key) == (
        f"{where}: query must be a non-empty tensor, got shape (2, 0, 11), float64"
    )
    assert error_of(score, query, torch.cat([key, key[:1]])) == (
        f"{where}: key must be of batch shape broadcastable to (2,), got shape (3, 7, 11), float64"
    )
    assert error_of(score, query, key.to("meta")) == (
        f"{where}: key must be on device cpu, got device meta (move it: key.to(...))"
    )


@pytest.mark.parametrize("temperature", [0, -1.0, math.nan, True, "warm", torch.tensor([1.0, 0.0]), torch.tensor(1)])
def test_errors_of_temperature(temperature):
    query, key, _ = inputs()
    message = error_of(cosine_scores, query, key, temperature)
    assert message.startswith("cosine_scores: temperature must be ")
    assert "greater than 0" in message


@pytest.mark.parametrize("shape", [(5, 1, 1, 1), (3,), (2, 5, 7), (7, 5)])
def test_errors_of_temperatures_that_do_not_fit(shape):
    query, key, _ = inputs()
    assert error_of(cosine_scores, query, key, torch.ones(shape)) == (
        "cosine_scores: temperature must be a number, or broadcastable to the scores, (5, 7), "
        f"got shape {shape}, float32"
    )


def test_errors_of_parameters():
    query, p = normal(N, d), parameters()
    key = WIDE[0]
    del p["weight"]
    assert error_of(bilinear_scores, query, key, torch.ones(D_KEY, d, dtype=torch.float64)) == (
        "bilinear_scores: weight must be of shape (11, 17), got shape (17, 11), float64"
    )
    assert error_of(additive_scores, query, key, **{**p, "w_query": p["w_query"].T}) == (
        "additive_scores: w_query must be of shape (19, 11), got shape (11, 19), float64"
    )
    assert error_of(additive_scores, query, key, **{**p, "w_key": p["w_key"][:, 1:]}) == (
        "additive_scores: w_key must be of shape (19, 17), got shape (19, 16), float64"
    )
    assert "additive_scores: v must be a torch.Tensor" in error_of(additive_scores, query, key, **{**p, "v": 1.0})
    assert error_of(additive_scores, query, key, **{**p, "v": p["v"][None]}) == (
        "additive_scores: v must be of shape (19,), got shape (1, 19), float64"
    )
    assert error_of(bilinear_scores, query, key, torch.ones(d, D_KEY)) == (
        "bilinear_scores: weight must be of dtype float64, got shape (11, 17), float32"
    )


def test_errors_of_modules():
    assert error_of(AdditiveScore, 3, 0, 5) == "AdditiveScore: d_key must be a whole number of at least 1, got int 0"
    assert error_of(AdditiveScore, 3, 2, 5.0).startswith("AdditiveScore: d_hidden must be a whole number")
    assert error_of(AdditiveScore, "3", 2, 5).startswith("AdditiveScore: d_query must be a whole number")
    assert error_of(BilinearScore, 3, -1) == "BilinearScore: d_key must be a whole number of at least 1, got int -1"
    assert error_of(BilinearScore, 0, 1) == "BilinearScore: d_query must be a whole number of at least 1, got int 0"
