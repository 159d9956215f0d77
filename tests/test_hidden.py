"""What a mask hides has no influence, whatever it holds: in value and gradient, on every way to compute."""

import math
import sys
from functools import partial

import pytest
import torch
from specification import normal
from torch import nn
from torch.testing import assert_close

from course_attn import _hidden
from course_attn._hidden import cleared, harmless, kept_apart
from course_attn._paths import sdpa_of_heads, with_weights
from course_attn.attention import attention, fused_attention
from course_attn.graph import GraphAttention
from course_attn.head_by_head import MultiHeadByHeads
from course_attn.masks import causal_mask, padding_mask
from course_attn.multi_head import MultiHeadAttention
from course_attn.normalisers import relu_weights, sigmoid_weights, sparsemax_weights
from course_attn.scores import additive_scores, cosine_scores
from course_attn.self_attention import SelfAttention, self_attention

B, h, N, d = 2, 3, 7, 5
BAD = [math.nan, math.inf, -math.inf, 3e38]
HIDDEN = 4  # the place that holds the bad numbers
by_value = pytest.mark.parametrize("bad", BAD)

MASKS = {
    "padding": padding_mask([HIDDEN, N])[:, None],  # hidden from every query of the first sequence
    "causal": causal_mask(N),
    "here and there": torch.rand(B, h, N, N, generator=torch.Generator().manual_seed(3)) > 0.4,
    "a dead row": causal_mask(N) & (torch.arange(N) != 2)[:, None],
}


def additive(query, key):
    return additive_scores(query, key, *(normal(*size, dtype=query.dtype) for size in ((3, d), (3, d), (3,))))


def by_attention(query, key, value, mask, **named):
    return attention(query, key, value, mask, **named)[0]


BIAS = normal(h, N, N, dtype=torch.float32)


def by_bias(query, key, value, mask):
    """The bias holds what it likes where the mask hides."""
    full = mask.expand(B, h, N, N).any(0)
    return with_weights(query, key, value, mask, scale=0.4, bias=BIAS.masked_fill(~full, math.nan))[0]


PATHS = {
    "attention": by_attention,
    "relu": partial(by_attention, normalise=relu_weights),
    "sigmoid": partial(by_attention, normalise=sigmoid_weights),
    "sparsemax": partial(by_attention, normalise=sparsemax_weights),
    "cosine": partial(by_attention, score=cosine_scores),
    "additive": partial(by_attention, score=additive),
    "fused": fused_attention,
    "weights": lambda *given: with_weights(*given, scale=0.4)[0],
    "bias": by_bias,
}


def three(bad, which="key and value", width=d, dtype=torch.float32, heads=h):
    """Queries, keys and values; at one place of the first sequence they hold something bad."""
    tensors = [
        normal(B, h, N, d, seed=1, dtype=dtype),
        normal(B, heads, N, d, seed=2, dtype=dtype),
        normal(B, heads, N, width, seed=3, dtype=dtype),
    ]
    for name, x in zip(("query", "key", "value"), tensors, strict=True):
        if name in which:
            x[0, :, HIDDEN] = bad
    return tensors


def touched_rows(mask):
    """Queries of the first sequence that see the bad place."""
    rows = torch.zeros(B, h, N, dtype=torch.bool)
    rows[0] = mask.expand(B, h, N, N)[0, :, :, HIDDEN]
    return rows


def results(path, tensors, mask, rows, **named):
    """The rows that see nothing bad, and the gradients of a loss of theirs."""
    leaves = [x.clone().requires_grad_() for x in tensors]
    output = path(*leaves, mask, **named)[rows]
    return output, *torch.autograd.grad((output * normal(*output.shape, dtype=output.dtype)).sum(), leaves)


@by_value
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_hidden_keys_and_values(path, mask, bad):
    rows = ~touched_rows(mask)
    ours = results(path, three(bad), mask, rows)
    assert_close(ours, results(path, three(0.0), mask, rows))
    assert not ours[2][0, :, HIDDEN].any()
    assert not ours[3][0, :, HIDDEN].any()


@by_value
@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_hidden_queries(path, bad):
    """A query that may ask nobody gets 0, and no gradient comes of it."""
    mask = MASKS["padding"] & (torch.arange(N) != HIDDEN)[:, None]
    rows = torch.ones(B, h, N, dtype=torch.bool)
    ours = results(path, three(bad, "query"), mask, rows)
    assert_close(ours, results(path, three(0.0, "query"), mask, rows))
    assert not ours[0].unflatten(0, (B, h, N))[0, :, HIDDEN].any()
    assert not ours[1][0, :, HIDDEN].any()


@by_value
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("width", [d, 3])
@pytest.mark.parametrize("extra", [None, padding_mask([N, N - 1])[:, None]], ids=["alone", "and a mask"])
def test_the_future(bad, dtype, width, extra):
    mask, path = causal_mask(N), partial(fused_attention, is_causal=True)
    rows = ~touched_rows(mask)
    ours, theirs = (results(path, three(x, width=width, dtype=dtype), extra, rows) for x in (bad, 0.0))
    assert_close(ours, theirs, **({} if dtype.itemsize > 2 else {"rtol": 0.05, "atol": 0.02}))


@by_value
def test_values_alone_and_keys_alone(bad):
    for which in ("key", "value"):
        for path in (by_attention, fused_attention):
            rows = ~touched_rows(MASKS["causal"])
            ours = results(path, three(bad, which), MASKS["causal"], rows)
            assert_close(ours, results(path, three(0.0, which), MASKS["causal"], rows))


@by_value
@pytest.mark.parametrize("name", ["padding", "here and there"])
def test_heads_that_share_keys(bad, name):
    mask = MASKS[name][:, :, :, :].expand(B, -1, N, N)
    rows = ~touched_rows(mask)
    assert_close(*(results(sdpa_of_heads, three(x, heads=1), mask, rows) for x in (bad, 0.0)))


@pytest.mark.parametrize("path", [by_attention, fused_attention])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_seen_is_not_hidden(path, bad):
    mask = MASKS["causal"]
    output = path(*three(bad), mask)
    assert torch.equal(output.isfinite().all(-1), ~touched_rows(mask))
    value_alone = three(0.0)
    value_alone[2][0, :, HIDDEN, 1] = bad  # one number of a value: one number of an output
    finite = path(*value_alone, mask).isfinite()
    assert torch.equal(finite[..., 1], ~touched_rows(mask))
    assert finite[..., 0].all()


def test_large_numbers_that_are_seen_keep_their_value_and_gradient():
    mask = MASKS["causal"]
    tensors = three(1e30, "value")
    exact = results(by_attention, [x.double() for x in tensors], mask, torch.ones(B, h, N, dtype=torch.bool))
    for path in (by_attention, fused_attention):
        ours = results(path, tensors, mask, torch.ones(B, h, N, dtype=torch.bool))
        assert_close(ours, tuple(x.float() for x in exact), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("path", [by_attention, fused_attention, PATHS["bias"], PATHS["weights"]])
@pytest.mark.parametrize("bad", BAD)
def test_mapped_and_derived_forward(path, bad):
    """No number can be looked at there: what nobody may ask is replaced by the mask alone."""
    mask = MASKS["padding"]
    ours, clean = three(bad), three(0.0)
    mapped = torch.func.vmap(lambda *given: path(*given, mask), in_dims=4, out_dims=4)(*(x[..., None] for x in ours))
    assert_close(mapped[..., 0], path(*clean, mask))
    if path is not fused_attention:
        slope = torch.func.grad(lambda query: path(query, *ours[1:], mask).square().sum())(ours[0])
        assert_close(slope, torch.func.grad(lambda query: path(query, *clean[1:], mask).square().sum())(clean[0]))


def test_ordinary_numbers_are_computed_once(monkeypatch):
    for user in ("course_attn.attention", "course_attn._paths"):
        monkeypatch.setattr(sys.modules[user], "kept_apart", None)  # by name: course_attn.attention is also a function
    for path in PATHS.values():
        path(*three(0.0), MASKS["causal"])


# ---------------------------------------------------------------- the parts


class Matrices(nn.ParameterList):
    """Three of them."""

    def __init__(self):
        super().__init__(torch.randn(6, 4) for _ in range(3))


REAL = [0, 1, 2, 3, 5, 6]  # all but HIDDEN
KEYS = (torch.arange(N) != HIDDEN).expand(N, N)
NEITHER = KEYS & KEYS.T
LAYERS = {
    "one head": (lambda: SelfAttention(6, 4), lambda layer, x, mask: layer(x, mask=mask)),
    "weights": (lambda: SelfAttention(6, 4), lambda layer, x, mask: layer(x, mask=mask, return_weights=True)[0]),
    "heads": (lambda: MultiHeadAttention(6, 2), lambda layer, x, mask: layer(x, mask=mask)),
    "by heads": (lambda: MultiHeadByHeads(6, 2), lambda layer, x, mask: layer(x, mask=mask)),
    "graph": (lambda: GraphAttention(6, 2, 2), lambda layer, x, mask: layer(x, mask)),
    "edges": (lambda: GraphAttention(6, 2, 2), lambda layer, x, mask: layer.along_edges(x, mask.nonzero().T.flip(0))),
    "matrices": (Matrices, lambda layer, x, mask: self_attention(x, *layer.parameters(), mask)[0]),
}


@by_value
@pytest.mark.parametrize("mask", [KEYS, NEITHER])
@pytest.mark.parametrize("name", LAYERS)
def test_weights_of_layers_learn_nothing_from_hidden_rows(name, mask, bad):
    """A gradient of 0 times the row that gets it is NaN, if that row is."""
    make, call = LAYERS[name]
    torch.manual_seed(0)
    layer, found = make(), []
    for held in (0.0, bad):
        x = normal(1, N, 6, dtype=torch.float32)
        x[:, HIDDEN] = held
        output = call(layer, x.requires_grad_(), mask)[:, REAL if mask is KEYS else slice(None)]
        found.append((output, *torch.autograd.grad(output.square().sum(), [x, *layer.parameters()])))
    assert_close(*found)


@by_value
@pytest.mark.parametrize("make", [SelfAttention, MultiHeadAttention, MultiHeadByHeads])
def test_hidden_rows_of_a_context_and_queries_that_may_ask_nobody(make, bad):
    torch.manual_seed(0)
    layer, found = make(6, 2), []
    mask = torch.ones(1, 3, N, dtype=torch.bool)
    mask[..., HIDDEN], mask[:, 1] = False, False
    for held in (0.0, bad):
        x, context = normal(1, 3, 6, dtype=torch.float32), normal(1, N, 6, seed=1, dtype=torch.float32)
        x[:, 1], context[:, HIDDEN] = held, held
        output = layer(x.requires_grad_(), context.requires_grad_(), mask if make is SelfAttention else mask[:, None])
        found.append((output, *torch.autograd.grad(output.square().sum(), [x, context, *layer.parameters()])))
    assert_close(*found)


@by_value
@pytest.mark.parametrize("make", [SelfAttention, MultiHeadAttention, MultiHeadByHeads])
def test_a_row_of_the_context_that_one_query_sees_touches_no_weight_of_the_others(make, bad):
    torch.manual_seed(0)
    layer, found = make(6, 2), []
    mask = torch.ones(1, 3, N, dtype=torch.bool)
    mask[:, 1:, HIDDEN] = False
    for held in (0.0, bad):
        x, context = normal(1, 3, 6, dtype=torch.float32), normal(1, N, 6, seed=1, dtype=torch.float32)
        context[:, HIDDEN] = held
        output = layer(x, context, mask if make is SelfAttention else mask[:, None])[:, 1:]
        found.append((output, *torch.autograd.grad(output.square().sum(), [*layer.parameters()])))
    assert_close(*found)


def test_where_numbers_may_not_be_looked_at_a_row_that_nobody_sees_still_teaches_nothing(monkeypatch):
    """As in a graph, or on another device."""
    for module in ("course_attn._hidden", "course_attn._paths"):
        monkeypatch.setattr(f"{module}.may_look", lambda x: False)
    torch.manual_seed(0)
    layer, found = MultiHeadAttention(6, 2), []
    for held in (0.0, math.nan):
        x, context = normal(1, 3, 6, dtype=torch.float32), normal(1, N, 6, seed=1, dtype=torch.float32)
        context[:, HIDDEN] = held
        output = layer(x, context, KEYS[0])
        found.append((output, *torch.autograd.grad(output.square().sum(), [*layer.parameters()])))
    assert_close(*found)


def test_harmless_numbers():
    x = normal(3, 5, dtype=torch.float32)
    assert harmless(x, x)
    assert harmless(torch.full((1000, 1000), 1000.0, dtype=torch.float16))  # whose length float16 does not hold
    for bad in (math.nan, math.inf, -math.inf, 1e20):
        spoiled = x.clone()
        spoiled[1, 1] = bad
        assert not harmless(x, spoiled)
    assert not harmless(x.to("meta"))


def test_cleared_by_hand():
    ones = torch.ones(2, 3, 1), torch.ones(2, 2, 1), torch.ones(2, 2, 3)
    mask = torch.tensor([[[1, 0], [0, 0], [1, 0]], [[1, 1], [1, 1], [0, 1]]]).bool()
    query, key, value = cleared(*ones, mask)
    assert query[..., 0].tolist() == [[1, 0, 1], [1, 1, 1]]
    assert key[..., 0].tolist() == [[1, 0], [1, 1]]
    assert value[..., 2].tolist() == [[1, 0], [1, 1]]
    query, key, _ = cleared(*ones, torch.tensor([True, False]))  # one mask for all
    assert query.all()
    assert key[..., 0].tolist() == [[1, 0], [1, 0]]


def test_a_group_of_heads_shares_a_key_that_one_of_them_sees():
    mask = torch.tensor([[True, False], [True, True], [False, False], [True, False]])[None, :, None]  # (1, 4, 1, 2)
    query, key, value = torch.ones(1, 4, 1, 1), torch.ones(1, 2, 2, 1), torch.ones(1, 2, 2, 1)
    cleared_query, cleared_key, cleared_value = cleared(query, key, value, mask)
    assert cleared_query[0, :, 0, 0].tolist() == [1, 1, 0, 1]
    assert cleared_key[0, ..., 0].tolist() == cleared_value[0, ..., 0].tolist() == [[1, 1], [1, 0]]


def test_where_numbers_may_not_be_looked_at_one_pass_is_enough(monkeypatch):
    calls = []
    monkeypatch.setattr(_hidden, "may_look", lambda x: False)
    kept_apart(lambda *given: calls.append(given) or (given[0],), *three(math.nan), MASKS["padding"])
    assert len(calls) == 1
    assert all(x.isfinite().all() for x in calls[0][1:])
