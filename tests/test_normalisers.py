"""Normalisers: from a row of scores to a row of weights."""

import math

import pytest
import specification as spec
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import DEAD, MASKS, B, M, N, batched, full, h, normal
from torch.testing import assert_close

from course_attn.normalisers import relu_weights, sigmoid_weights, softmax_weights, sparsemax_weights

LOOPS = {
    softmax_weights: spec.softmax_row,
    relu_weights: spec.relu_row,
    sigmoid_weights: spec.sigmoid_row,
    sparsemax_weights: spec.sparsemax_row,
}
every_normaliser = pytest.mark.parametrize("normalise", LOOPS, ids=lambda f: f.__name__)
every_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
SHARES = [softmax_weights, sparsemax_weights]  # the two whose rows sum to 1
EVERY_DTYPE = [torch.float64, torch.float32, torch.bfloat16, torch.float16]

score_rows = st.lists(st.floats(-20, 20), min_size=1, max_size=M).map(
    lambda row: torch.tensor([row], dtype=torch.float64)
)


def two_by_two(*rows):
    return torch.tensor(rows)


# ---------------------------------------------------------------- (a) by hand

SCORES = two_by_two([0.0, math.log(3.0), -1.0], [2.0, 2.0, 2.0])
HIDE_LAST = two_by_two([True, True, False], [False, False, False])


def test_softmax_by_hand():
    assert_close(softmax_weights(SCORES)[1], torch.full((3,), 1 / 3))
    assert_close(softmax_weights(SCORES, HIDE_LAST), two_by_two([0.25, 0.75, 0.0], [0.0, 0.0, 0.0]))


def test_relu_by_hand():
    third = math.log(3.0) / 3
    assert_close(relu_weights(SCORES), two_by_two([0.0, third, 0.0], [2 / 3, 2 / 3, 2 / 3]))
    assert_close(relu_weights(SCORES, HIDE_LAST), two_by_two([0.0, 1.5 * third, 0.0], [0.0, 0.0, 0.0]))


def test_sigmoid_by_hand():
    # sigmoid(s - log 3) = e^s / (e^s + 3)
    e = math.exp(2.0) / (math.exp(2.0) + 3)
    assert_close(sigmoid_weights(SCORES), two_by_two([0.25, 0.5, 1 / (1 + 3 * math.e)], [e, e, e]))
    # two keys left: e^s / (e^s + 2)
    assert_close(sigmoid_weights(SCORES, HIDE_LAST), two_by_two([1 / 3, 0.6, 0.0], [0.0, 0.0, 0.0]))


def test_sparsemax_by_hand():
    scores = two_by_two([1.0, 0.5, -1.0], [2.0, 2.0, 2.0], [3.0, 1.0, 0.0])
    assert_close(sparsemax_weights(scores), two_by_two([0.75, 0.25, 0.0], [1 / 3, 1 / 3, 1 / 3], [1.0, 0.0, 0.0]))
    mask = two_by_two([False, True, True], [False, False, False], [False, True, True])
    assert_close(sparsemax_weights(scores, mask), two_by_two([0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]))


# ---------------------------------------------------------------- (b) loops


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@every_mask
@every_normaliser
def test_normalisers_are_their_loops(normalise, mask, dtype):
    scores = 2 * normal(B, h, N, M, seed=5, dtype=dtype)
    weights = normalise(scores, mask)
    assert weights.dtype == dtype
    wanted = batched(spec.rows(LOOPS[normalise]), scores, full(mask, B, h))
    assert_close(weights, wanted.to(dtype))
    assert torch.equal(weights[~full(mask, B, h)], torch.zeros(int((~full(mask, B, h)).sum()), dtype=dtype))


@given(score_rows, st.data(), st.sampled_from(list(LOOPS)))
def test_any_row_is_its_loop(scores, data, normalise):
    allowed = data.draw(st.lists(st.booleans(), min_size=scores.shape[1], max_size=scores.shape[1]))
    weights = normalise(scores, torch.tensor([allowed]))
    assert_close(weights, torch.tensor([LOOPS[normalise](scores[0].tolist(), allowed)], dtype=torch.float64))


@every_normaliser
def test_a_mask_of_one_column_or_one_row_broadcasts(normalise):
    scores = normal(B, h, N, M, seed=5)
    column = torch.tensor([True, False, True, True, False])[:, None]  # whole queries live or dead
    row = torch.tensor([True, False, True, True, False, True, True])
    for mask in (column, row, torch.tensor(True), torch.tensor(False)):
        assert_close(normalise(scores, mask), normalise(scores, mask.expand(B, h, N, M)))


def half_precision_scores(dtype, rows=11, keys=2003):
    """Rows as flat as many keys make them, and steeper ones: what counts and running sums must stand."""
    scores = normal(rows, keys, seed=5, dtype=torch.float64) * torch.linspace(0, 3, rows, dtype=torch.float64)[:, None]
    return scores.to(dtype)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("hidden", [0, 1000], ids=["no mask", "mask"])
@every_normaliser
def test_half_precision_rounds_the_result_only(normalise, hidden, dtype):
    """Against the same scores in float64: each weight is off by its own rounding, so is each row's sum."""
    scores = half_precision_scores(dtype)
    mask = None
    if hidden:
        mask = torch.ones(scores.shape[-1], dtype=torch.bool)
        mask[:hidden] = False
    weights, exact = normalise(scores, mask), normalise(scores.double(), mask)
    assert weights.dtype == dtype
    half_step = torch.finfo(dtype).eps / 2
    smallest = 2.0**-24  # float16 knows no number between this one and 0
    assert_close(weights.double(), exact, rtol=1.01 * half_step, atol=smallest / 2 + 1e-9)
    if normalise in SHARES:
        bound = 1.01 * half_step + scores.shape[-1] * smallest / 2
        assert_close(weights.double().sum(-1), torch.ones(len(scores), dtype=torch.float64), rtol=0, atol=bound)


# ---------------------------------------------------------------- (d) gradients


@every_normaliser
def test_gradients(normalise):
    scores = torch.tensor([[0.9, -0.4, 0.3], [0.2, 1.4, 1.1]], dtype=torch.float64, requires_grad=True)
    mask = torch.tensor([[True, True, False], [True, True, True]])
    dead = torch.tensor([[True, True, False], [False, False, False]])
    for m in (None, mask, dead):
        assert torch.autograd.gradcheck(lambda s, m=m: normalise(s, m), (scores,))


@pytest.mark.parametrize("dtype", EVERY_DTYPE, ids=str)
@every_normaliser
def test_a_dead_row_is_zero_in_value_and_gradient(normalise, dtype):
    scores = normal(B, h, N, M, seed=5, dtype=dtype).requires_grad_()
    mask = MASKS["dead row"]
    weights = normalise(scores, mask)
    (1000 * weights).sum().backward()
    nothing = torch.zeros(M, dtype=dtype)
    assert torch.equal(weights[DEAD], nothing)
    assert torch.equal(scores.grad[DEAD], nothing)
    assert torch.isfinite(scores.grad).all()
    assert torch.equal(scores.grad[~mask], torch.zeros(int((~mask).sum()), dtype=dtype))


@every_normaliser
def test_a_dead_row_holds_no_nan_on_the_way_back(normalise):
    """Anomaly detection, with which a learner hunts a NaN, must not stop at attention."""
    scores = normal(B, h, N, M, seed=5).requires_grad_()
    with torch.autograd.set_detect_anomaly(True):
        normalise(scores, MASKS["dead row"]).square().sum().backward()


@every_normaliser
def test_scores_of_minus_infinity_behind_the_mask_do_no_harm(normalise):
    scores = normal(N, M, seed=5)
    mask = torch.ones(N, M, dtype=torch.bool)
    mask[1], mask[2, 3] = False, False
    clean = normalise(scores, mask)
    scores[1], scores[2, 3] = -math.inf, -math.inf
    scores.requires_grad_()
    weights = normalise(scores, mask)
    assert_close(weights, clean, rtol=0, atol=0)
    weights.square().sum().backward()
    assert torch.isfinite(scores.grad).all()


# ---------------------------------------------------------------- (e) properties


@given(score_rows, st.sampled_from(SHARES))
def test_rows_sum_to_one(scores, normalise):
    weights = normalise(scores)
    assert (weights >= 0).all()
    assert_close(weights.sum(-1), torch.ones(1, dtype=torch.float64))


@given(score_rows, st.floats(-50, 50), st.sampled_from(SHARES))
def test_a_constant_added_to_a_row_changes_nothing(scores, shift, normalise):
    assert_close(normalise(scores + shift), normalise(scores), rtol=1e-9, atol=1e-9)


@given(st.permutations(range(M)), st.permutations(range(N)), st.sampled_from(list(LOOPS)), st.sampled_from(list(MASKS)))
def test_permuting_scores_permutes_weights(columns, rows, normalise, name):
    scores, mask = normal(B, h, N, M, seed=5), full(MASKS[name], B, h)
    permuted = normalise(scores[..., rows, :][..., columns], mask[..., rows, :][..., columns])
    assert_close(permuted, normalise(scores, mask)[..., rows, :][..., columns])


@given(st.integers(0, M - 1), st.floats(-1e6, 1e6), st.sampled_from(list(LOOPS)))
def test_a_masked_score_cannot_matter(place, number, normalise):
    scores, mask = normal(B, h, N, M, seed=5), torch.ones(M, dtype=torch.bool)
    mask[place] = False
    before = normalise(scores, mask)
    scores[..., place] = number
    assert torch.equal(normalise(scores, mask), before)


def test_a_single_key_gets_everything():
    for normalise in SHARES:
        assert_close(normalise(normal(N, 1)), torch.ones(N, 1, dtype=torch.float64))


def test_temperature_from_one_winner_to_equal_shares():
    scores = torch.tensor([[0.3, 1.0, -0.5, 0.9]], dtype=torch.float64)
    winner = torch.tensor([[0.0, 1.0, 0.0, 0.0]], dtype=torch.float64)
    for normalise in SHARES:
        assert_close(normalise(scores / 1e-3), winner)
        assert_close(normalise(scores / 1e9), torch.full((1, 4), 0.25, dtype=torch.float64))


def test_sparsemax_is_the_nearest_point_of_the_simplex():
    """Against its definition: no other point of the simplex is nearer, tried with 2 000 of them."""
    scores = normal(M, seed=5)
    weights = sparsemax_weights(scores[None])[0]
    others = torch.distributions.Dirichlet(torch.full((M,), 0.3, dtype=torch.float64)).sample((2000,))
    assert ((others - scores).square().sum(-1) >= (weights - scores).square().sum()).all()


@pytest.mark.parametrize("dtype", EVERY_DTYPE, ids=str)
@pytest.mark.parametrize("normalise", SHARES)
def test_large_scores(normalise, dtype):
    """Scores of 1e4: their exponential overflows everywhere, the sum of seven of them overflows float16."""
    scores = torch.full((3, M), 1e4, dtype=dtype)
    scores[1, 2:] = -1e4
    scores[2, 5] = 2e4
    weights = normalise(scores)
    wanted = torch.zeros(3, M, dtype=dtype)
    wanted[0], wanted[1, :2], wanted[2, 5] = 1 / M, 0.5, 1.0
    assert_close(weights, wanted)


@pytest.mark.parametrize("dtype", EVERY_DTYPE, ids=str)
@pytest.mark.parametrize("normalise", [relu_weights, sigmoid_weights])
def test_large_scores_of_the_others(normalise, dtype):
    scores = torch.tensor([[1e4, -1e4, 0.0, 1e4]], dtype=dtype)
    top, zero = (2500.0, 0.0) if normalise is relu_weights else (1.0, 0.2)
    assert_close(normalise(scores), torch.tensor([[top, 0.0, zero, top]], dtype=dtype))


@every_normaliser
def test_nan_is_not_hidden(normalise):
    scores = normal(N, M, seed=5)
    scores[2, 3] = math.nan
    for mask in (None, torch.ones(N, M, dtype=torch.bool)):
        weights = normalise(scores, mask)
        assert weights[2, 3].isnan()
        assert torch.isfinite(weights[[0, 1, 3, 4]]).all()


@every_normaliser
def test_inputs_are_left_alone(normalise):
    scores, mask = normal(B, h, N, M, seed=5), MASKS["dead row"].clone()
    before = scores.clone(), mask.clone()
    normalise(scores, mask)
    normalise(scores)
    assert torch.equal(scores, before[0])
    assert torch.equal(mask, before[1])


# ---------------------------------------------------------------- (f) errors


@every_normaliser
def test_errors(normalise):
    scores, where = normal(B, h, N, M), normalise.__name__
    triples = [
        (scores.long(), None, "scores must be a floating-point tensor, got shape (2, 3, 5, 7), int64"),
        ([1.0], None, "scores must be a torch.Tensor, got list [1.0]"),
        (scores[0, 0, 0], None, "scores must be a tensor of at least 2 dimensions, got shape (7,), float64"),
        (scores[..., :0], None, "scores must be a non-empty tensor, got shape (2, 3, 5, 0), float64"),
        (scores, torch.ones(N, M), "mask must be of dtype bool, True = may attend, got shape (5, 7), float32"),
        (scores, torch.ones(N, M).long(), "mask must be of dtype bool, True = may attend, got shape (5, 7), int64"),
        (scores, [[True]], "mask must be a torch.Tensor of dtype bool, got list [[True]]"),
        (
            scores,
            torch.ones(M, N, dtype=torch.bool),
            "mask must be broadcastable to the scores, (2, 3, 5, 7), got shape (7, 5), bool "
            "(the last two axes are queries and keys)",
        ),
        (
            scores,
            torch.ones(B, N, M, dtype=torch.bool),
            "mask must be broadcastable to the scores, (2, 3, 5, 7), got shape (2, 5, 7), bool "
            "(did you forget the heads axis? use mask[:, None])",
        ),
        (
            scores[0, 0],
            torch.ones(B, N, M, dtype=torch.bool),
            "mask must be broadcastable to the scores, (5, 7), got shape (2, 5, 7)",
        ),
        (
            scores[:, :, :1],
            torch.ones(N, M, dtype=torch.bool),
            "mask must be broadcastable to the scores, (2, 3, 1, 7), got shape (5, 7)",
        ),
    ]
    for bad_scores, mask, message in triples:
        with pytest.raises(ValueError, match="must be") as problem:
            normalise(bad_scores, mask)
        assert str(problem.value).startswith(f"{where}: {message}")
