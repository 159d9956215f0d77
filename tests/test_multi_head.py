"""Multi-head attention: split projections, shared keys and values, cache, parts that plug in."""

import math
import pickle
import re

import pytest
import specification as spec
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import MASKS, B, M, N, batched, d, full, h, normal
from torch import nn
from torch.testing import assert_close

from course_attn.attention import attention
from course_attn.cache import KeyValueCache
from course_attn.head_axis import merge_heads
from course_attn.masks import causal_mask, padding_mask
from course_attn.multi_head import MultiHeadAttention

D, D_CONTEXT = h * d, 17


def layer_and_inputs(dtype=torch.float64, **options):
    layer = MultiHeadAttention(D, h, **options).to(dtype)
    for parameter in layer.parameters():
        parameter.data *= 2  # weights far from uniform
    return layer, normal(B, N, D, dtype=dtype), normal(B, M, layer.d_context, seed=2, dtype=dtype)


def projected(layer, x, context):
    """Query, key and value (B, heads, length, d), by slicing the weights row by row."""
    query, key, value, _ = layer.parts()

    def heads(tensor, part, count):
        columns = [tensor @ part[0][i * layer.d_head : (i + 1) * layer.d_head].T for i in range(count)]
        biases = [part[1][i * layer.d_head : (i + 1) * layer.d_head] for i in range(count)]
        return torch.stack([c + b for c, b in zip(columns, biases, strict=True)], dim=1)

    return (
        heads(x, query, layer.num_heads),
        heads(context, key, layer.num_kv_heads),
        heads(context, value, layer.num_kv_heads),
    )


def test_by_hand():
    """Two heads of width 1: the first asks by the first number, the second by the second; W_O swaps them."""
    layer = MultiHeadAttention(2, 2, bias=False)
    eye, swap = torch.eye(2), torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    layer.copy_weights((eye, None), (eye, None), (10 * eye, None), (swap, None))
    x = torch.tensor([[[math.log(3), 0.0], [0.0, 1.0]]])
    output, weights = layer(x, return_weights=True)
    share = 3 ** math.log(3) / (3 ** math.log(3) + 1)  # e^(log 3 * log 3) against e^0
    logistic = math.e / (math.e + 1)
    assert_close(weights[0, 0], torch.tensor([[share, 1 - share], [0.5, 0.5]]))
    assert_close(weights[0, 1], torch.tensor([[0.5, 0.5], [1 - logistic, logistic]]))
    first = [10 * math.log(3) * share, 5 * math.log(3)]
    second = [5.0, 10 * logistic]
    assert_close(output[0], torch.tensor([second, first]).T)


@pytest.mark.parametrize("num_kv_heads", [1, 2, 6])
@pytest.mark.parametrize("mask", list(MASKS))
def test_is_its_loop(mask, num_kv_heads):
    """Every head by the specification's loops; query head i takes keys and values of group i // (h / h_kv)."""
    layer = MultiHeadAttention(6 * d, 6, num_kv_heads=num_kv_heads).double()
    x, context = normal(B, N, 6 * d), normal(B, M, 6 * d, seed=2)
    mask = MASKS[mask] if mask != "dead row" else MASKS[mask].repeat_interleave(2, dim=1)
    everything = torch.ones(B, 6, N, M, dtype=torch.bool)
    allowed = everything if mask is None else everything & mask
    query, key, value = projected(layer, x, context)
    group = torch.arange(6) // (6 // num_kv_heads)
    mixed, weights = batched(spec.attention, query, key[:, group], value[:, group], allowed)
    wanted = layer.output(torch.cat(list(mixed.unbind(1)), dim=-1))
    output, got = layer(x, context, mask, return_weights=True)
    assert_close(got, weights)
    assert_close(output, wanted)
    assert_close(layer(x, context, mask), wanted)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("mask", list(MASKS))
@pytest.mark.parametrize("causal", [False, True])
def test_both_paths_agree_in_value_and_gradient(mask, dtype, causal):
    layer, x, context = layer_and_inputs(dtype)
    leaves = [x.requires_grad_(), context.requires_grad_(), *layer.parameters()]
    mask = MASKS[mask]
    fused = layer(x, context, mask, is_causal=causal)
    readable, _ = layer(x, context, mask, is_causal=causal, return_weights=True)
    replaced = MultiHeadAttention(D, h, attend=attention).to(dtype)
    replaced.load_state_dict(layer.state_dict())
    assert_close(readable, fused)
    assert_close(replaced(x, context, mask, is_causal=causal), fused)
    upstream = normal(B, N, D, seed=9, dtype=dtype)
    wanted = torch.autograd.grad((readable * upstream).sum(), leaves)
    got = torch.autograd.grad((fused * upstream).sum(), leaves)
    assert_close(got, wanted, rtol=1e-4, atol=2e-5 if dtype == torch.float32 else 1e-10)


@pytest.mark.parametrize("case", ["self", "cross", "cross narrow", "padding", "causal", "both"])
def test_parity_with_torch(case):
    """By copied weights, in value and in every gradient. torch's True means "may not attend"."""
    width = D_CONTEXT if case == "cross narrow" else D
    theirs = nn.MultiheadAttention(D, h, batch_first=True, kdim=width, vdim=width, dtype=torch.float64)
    ours = MultiHeadAttention(D, h, d_context=width if case == "cross narrow" else None).double()
    nn.init.normal_(theirs.in_proj_bias)
    nn.init.normal_(theirs.out_proj.bias)
    if case == "cross narrow":
        matrices = [theirs.q_proj_weight, theirs.k_proj_weight, theirs.v_proj_weight]
    else:
        matrices = list(theirs.in_proj_weight.chunk(3))
    biases = list(theirs.in_proj_bias.chunk(3))
    parts = list(zip([*matrices, theirs.out_proj.weight], [*biases, theirs.out_proj.bias], strict=True))
    ours.copy_weights(*parts)
    x = normal(B, N, D).requires_grad_()
    context = normal(B, M, width, seed=2).requires_grad_() if "cross" in case else x
    length = context.shape[1]
    padding = padding_mask([length, 2], length) if case in ("padding", "both") else None
    causal = causal_mask(N) if case in ("causal", "both") else None
    wanted, their_weights = theirs(
        x,
        context,
        context,
        key_padding_mask=None if padding is None else ~padding[:, 0],
        attn_mask=None if causal is None else ~causal,
        average_attn_weights=False,
    )
    other = None if "cross" not in case else context
    heads_mask = None if padding is None else padding[:, None]
    got = ours(x, other, heads_mask, is_causal=causal is not None)
    assert_close(got, wanted)
    _, weights = ours(x, other, heads_mask, is_causal=causal is not None, return_weights=True)
    assert_close(weights, their_weights)
    upstream = normal(B, N, D, seed=9)
    (wanted * upstream).sum().backward()
    their_x, x.grad = x.grad, None
    (got * upstream).sum().backward()
    assert_close(x.grad, their_x)
    assert_close(ours.output.weight.grad, theirs.out_proj.weight.grad)
    assert_close(ours.output.bias.grad, theirs.out_proj.bias.grad)
    if ours.qkv is not None:
        assert_close(ours.qkv.weight.grad, theirs.in_proj_weight.grad)
        assert_close(ours.qkv.bias.grad, theirs.in_proj_bias.grad)
    else:
        assert_close(ours.query.weight.grad, theirs.q_proj_weight.grad)
        assert_close(ours.key_value.weight.grad, torch.cat([theirs.k_proj_weight.grad, theirs.v_proj_weight.grad]))


def test_gradients():
    layer = MultiHeadAttention(2, 2).double()
    parameters = dict(layer.named_parameters())

    def call(x, context, *values):
        return torch.func.functional_call(layer, dict(zip(parameters, values, strict=True)), (x, context))

    inputs = (normal(1, 2, 2).requires_grad_(), normal(1, 3, 2, seed=1).requires_grad_(), *parameters.values())
    assert torch.autograd.gradcheck(call, inputs)


def test_number_of_parameters_does_not_depend_on_heads():
    counts = {sum(p.numel() for p in MultiHeadAttention(30, heads).parameters()) for heads in (1, 2, 3, 5, 6)}
    assert counts == {4 * 30 * 30 + 4 * 30}
    shared = MultiHeadAttention(30, 6, num_kv_heads=2)
    assert sum(p.numel() for p in shared.parameters()) == (2 * 30 + 2 * 2 * 5) * 31


def test_the_scores_of_a_head_have_low_rank():
    """Five wide, eleven places: the logarithm of the weights, less each row's constant, has rank five at most."""
    layer = MultiHeadAttention(10, 2, bias=False).double()
    _, weights = layer(normal(1, 11, 10), return_weights=True)
    scores = weights.log()
    scores = scores - scores.mean(-1, keepdim=True)
    assert torch.linalg.matrix_rank(scores, rtol=1e-9).max() <= 5


@given(st.permutations(range(N)))
def test_permuting_the_places_permutes_the_output(order):
    layer, x, _ = layer_and_inputs()
    assert_close(layer(x[:, order]), layer(x)[:, order])


@given(st.integers(1, N - 1))
def test_the_future_cannot_matter(place):
    layer, x, _ = layer_and_inputs()
    other = x.clone()
    other[:, place:] += 3
    assert_close(layer(other, is_causal=True)[:, :place], layer(x, is_causal=True)[:, :place])


@given(st.integers(1, M - 1))
def test_masked_keys_cannot_matter(length):
    layer, x, context = layer_and_inputs()
    other = context.clone()
    other[:, length:] = 100
    mask = padding_mask([length] * B, M)[:, None]
    assert_close(layer(x, other, mask), layer(x, context, mask))
    assert_close(layer(x, context[:, :length]), layer(x, context, mask))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("return_weights", [False, True])
@pytest.mark.parametrize("biased", [False, True])
def test_a_dead_row_is_zero_in_value_and_gradient(dtype, return_weights, biased):
    bias = (lambda n, m: normal(h, n, m)) if biased else None
    layer, x, context = layer_and_inputs(dtype, score_bias=bias, bias=False)
    context.requires_grad_()
    mask = full(MASKS["dead row"], B, h)
    mask[0, :, 2] = False  # a query that is dead in every head
    result = layer(x, context, mask, return_weights=return_weights)
    output = result[0] if return_weights else result
    assert (output[0, 2] == 0).all()
    (gradient,) = torch.autograd.grad(output[0, 2].sum(), context, retain_graph=True)
    assert (gradient == 0).all()
    (gradient,) = torch.autograd.grad(output.sum(), context)
    assert gradient.isfinite().all()


# ---------------------------------------------------------------- cache


@pytest.mark.parametrize("num_kv_heads", [1, 2, 6])
def test_with_a_cache_the_numbers_are_the_same(num_kv_heads):
    """In chunks of two, one and two places, with rotated keys."""
    from course_attn.positional import Rotary

    layer = MultiHeadAttention(6 * 4, 6, num_kv_heads=num_kv_heads, rotate=Rotary(4)).double()
    x = normal(B, N, 24)
    wanted = layer(x, is_causal=True)
    cache = KeyValueCache(B, N, num_kv_heads, 4, dtype=torch.float64)
    chunks = [layer(part, is_causal=True, cache=cache) for part in x.split([2, 1, 2], dim=1)]
    assert_close(torch.cat(chunks, dim=1), wanted)
    assert cache.length == N


def test_a_cached_context_is_projected_once():
    layer, x, context = layer_and_inputs(d_context=D_CONTEXT)
    cache = KeyValueCache(B, M, h, d, dtype=torch.float64)
    wanted = layer(x, context)
    steps = [layer(part, context, cache=cache) for part in x.split(1, dim=1)]
    assert cache.length == M
    assert_close(torch.cat(steps, dim=1), wanted)
    context += 100  # read no more
    assert_close(layer(x, context, cache=cache), wanted)


# ---------------------------------------------------------------- parts that plug in


@pytest.mark.parametrize("bad", [math.nan, math.inf, 3e38])
@pytest.mark.parametrize("way", ["plain", "weights", "cache", "shared heads"])
def test_hidden_rows_of_a_context_cannot_matter_whatever_they_hold(bad, way):
    """Not for the output, and not for the gradient of the projection that would read them."""
    layer = MultiHeadAttention(8, 4, num_kv_heads=2 if way == "shared heads" else 4, d_context=5)
    mask, results = torch.tensor([[True] * 4 + [False] * 3, [True] * 7])[:, None, None], []
    for held in (bad, 0.0):
        x, context = normal(2, 3, 8, dtype=torch.float32), normal(2, 7, 5, seed=1, dtype=torch.float32)
        context[0, 4:] = held
        context.requires_grad_()
        cache = KeyValueCache(2, 7, 4, 2) if way == "cache" else None
        output = layer(x, context, mask, cache=cache, return_weights=way == "weights")
        output = output[0] if way == "weights" else output
        if way == "cache":
            output = layer(x, context, mask, cache=cache)
        leaves = [context, *layer.parameters()]
        found = torch.autograd.grad(output.square().sum(), leaves, allow_unused=True, materialize_grads=True)
        assert not found[0][0, 4:].any()
        results.append((output, *found))
    assert_close(*results)


def test_a_row_of_nan_stands_in_the_cache_once():
    layer, cache, x = MultiHeadAttention(8, 2), KeyValueCache(1, 4, 2, 4), normal(1, 4, 8, dtype=torch.float32)
    x[:, 1] = math.nan
    mask = (torch.arange(4) != 1)[None, None, None]
    with torch.no_grad():
        wanted = layer(x, mask=mask, is_causal=True)
        layer(x[:, :3], mask=mask[..., :3], is_causal=True, cache=cache)
        assert_close(layer(x[:, 3:], mask=mask, is_causal=True, cache=cache), wanted[:, 3:])
    assert cache.length == 4


def test_rotation_turns_queries_and_keys_but_not_values():
    from course_attn.positional import Rotary

    rotary = Rotary(d - 1)
    layer = MultiHeadAttention(h * (d - 1), h, rotate=rotary).double()
    x = normal(B, N, h * (d - 1))
    query, key, value = projected(layer, x, x)
    mixed, _ = attention(rotary.rotate(query), rotary.rotate(key), value)
    assert_close(layer(x), layer.output(merge_heads(mixed)))


def test_score_bias_is_added_before_softmax_and_trained():
    from course_attn.positional import RelativeBias

    bias = RelativeBias(h, 3).double()
    nn.init.normal_(bias.table)
    layer, x, context = layer_and_inputs(score_bias=bias)
    query, key, value = projected(layer, x, context)
    scores = query @ key.transpose(-1, -2) / math.sqrt(d) + bias(N, M)
    mask = MASKS["padding"]
    weights = torch.softmax(scores.masked_fill(~mask, -math.inf), -1)
    output, got = layer(x, context, mask, return_weights=True)
    assert_close(got, weights)
    assert_close(output, layer.output(merge_heads(weights @ value)))
    assert_close(layer(x, context, mask), output)
    layer(x, context, mask).sum().backward()
    assert "score_bias.table" in dict(layer.named_parameters())
    assert bias.table.grad.abs().sum() > 0


def test_a_replacement_is_called_with_heads_and_the_whole_mask():
    seen = []

    def mine(query, key, value, mask):
        seen.append((query.shape, key.shape, value.shape, mask))
        return attention(query, key, value, mask)

    layer, x, _ = layer_and_inputs()
    wanted = layer(x, mask=padding_mask([N, 2], N)[:, None], is_causal=True)
    layer.attend = mine
    assert_close(layer(x, mask=padding_mask([N, 2], N)[:, None], is_causal=True), wanted)
    assert seen[0][:3] == ((B, h, N, d),) * 3
    assert_close(seen[0][3], padding_mask([N, 2], N)[:, None] & causal_mask(N))


class AsModule(nn.Module):
    """A replacement with a parameter of its own."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, query, key, value, mask):
        output, weights = attention(query, key, value, mask)
        return output * self.factor, weights


@pytest.mark.parametrize("kinds", ["mf", "fm", "mnf", "fnm", "mmn", "mnm"])
def test_functions_and_modules_replace_each_other(kinds):
    layer, x, _ = layer_and_inputs()
    wanted, entries = layer(x), list(layer.state_dict())
    for kind in kinds:
        mine = {"m": AsModule(), "f": attention, "n": None}[kind]
        layer.attend = mine
        assert layer.attend is mine
        assert_close(layer(x), wanted)
        assert list(layer.state_dict()) == entries
        assert not any(isinstance(module, AsModule) for module in layer.modules())


def test_a_module_that_replaces_is_called_and_no_part_of_the_layer():
    mine = AsModule()
    layer = MultiHeadAttention(D, h, attend=mine).double().eval()
    x = layer_and_inputs()[1]
    layer(x).sum().backward()
    assert mine.factor.grad.abs() > 0  # it learns, with an optimizer of its own
    assert mine.training
    assert "attend.factor" not in layer.state_dict()
    copied = pickle.loads(pickle.dumps(layer))
    assert_close(copied(x), layer(x))


@pytest.mark.parametrize("biased", [False, True])
def test_dropout_only_while_training(biased):
    bias = (lambda n, m: torch.zeros(h, n, m, dtype=torch.float64)) if biased else None
    layer, x, _ = layer_and_inputs(dropout=0.5, score_bias=bias)
    plain, _, _ = layer_and_inputs()
    plain.load_state_dict(layer.state_dict())
    layer.eval()
    assert_close(layer(x), plain(x))
    layer.train()
    assert not torch.allclose(layer(x), plain(x))
    average = torch.stack([layer(x) for _ in range(2000)]).mean(0)  # dropped weights are made up for
    assert (average - plain(x)).abs().max() < 0.25 * plain(x).abs().max()


# ---------------------------------------------------------------- errors


def call(mask=None, context=None, **options):
    layer, x, _ = layer_and_inputs(**options)
    return lambda: layer(x, context, mask)


def copy(**changed):
    parts = {name: (torch.zeros(D, D), torch.zeros(D)) for name in ("query", "key", "value", "output")} | changed
    return lambda: MultiHeadAttention(D, h).copy_weights(**parts)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MultiHeadAttention(10, 3), "MultiHeadAttention: d_model must be a multiple of 3, got 10"),
        (lambda: MultiHeadAttention(12, 6, num_kv_heads=4), "num_heads must be a multiple of 4, got 6"),
        (lambda: MultiHeadAttention(12, 0), "num_heads must be a whole number of at least 1, got int 0"),
        (lambda: MultiHeadAttention(12, 6, num_kv_heads=0), "num_kv_heads must be a whole number of at least 1"),
        (lambda: MultiHeadAttention(12, 6, dropout=1.0), "dropout must be a number from 0.0 to below 1.0"),
        (lambda: MultiHeadAttention(12, 6, d_context=0), "d_context must be a whole number of at least 1"),
        (lambda: MultiHeadAttention(12, 6)(torch.zeros(5, 12)), "x must be of shape (B, N, 12), got shape (5, 12)"),
        (call(context=torch.zeros(B, M, 3)), f"context must be of shape ({B}, M, {D}), got shape (2, 7, 3)"),
        (call(context=torch.zeros(3, M, D)), f"context must be of shape ({B}, M, {D}), got shape (3, 7, 33)"),
        (call(d_context=3), "context must be of shape (B, M, 3), got None (d_context was given)"),
        (
            call(mask=torch.ones(B, N, N, dtype=torch.bool)),
            "mask must be broadcastable to (B, h, N, M) = (2, 3, 5, 5), got shape (2, 5, 5), bool "
            "(did you forget the heads axis? use mask[:, None] for (B, N, M), mask[None] for (h, N, M))",
        ),
        (call(mask=torch.ones(1, N, N, dtype=torch.bool)), "did you forget the heads axis?"),
        (call(mask=torch.ones(N, M, dtype=torch.bool)), "mask must be broadcastable to the scores, (2, 3, 5, 5)"),
        (call(mask=torch.ones(N, N)), "mask must be of dtype bool, True = may attend, got shape (5, 5), float32"),
        (
            lambda: layer_and_inputs()[0](normal(B, N, D), normal(B, 2, D), is_causal=True),
            "context must be of at least N = 5 rows when is_causal, got 2",
        ),
        (call(attend=lambda q, k, v, m: v), "attend: the result must be a pair (output, weights), got shape"),
        (
            call(attend=lambda q, k, v, m: (v[:1], v)),
            "attend: output must be of shape (2, 3, 5, 11), got shape (1, 3, 5, 11)",
        ),
        (
            call(attend=lambda q, k, v, m: (v, v)),
            "attend: weights must be of shape (2, 3, 5, 5), got shape (2, 3, 5, 11)",
        ),
        (
            lambda: MultiHeadAttention(D, h, attend=3),
            "MultiHeadAttention: attend must be a function, or None, got int 3",
        ),
        (
            call(attend=attention, score_bias=lambda n, m: 0),
            "score_bias must be None when attend is given, got function",
        ),
        (
            call(score_bias=lambda n, m: normal(2, n, m)),
            "score_bias(N, M) must be of shape (3, 5, 5), got shape (2, 5, 5), float64",
        ),
        (copy(key=(torch.zeros(3, D), None)), "copy_weights: key weight must be of shape (33, 33), got shape (3, 33)"),
        (copy(value=(torch.zeros(D, D), torch.zeros(3))), "value bias must be of shape (33,), got shape (3,)"),
        (
            lambda: MultiHeadAttention(2, 1, bias=False).copy_weights(*[(torch.eye(2), torch.zeros(2))] * 4),
            "query bias must be None, the layer has no bias, got shape (2,)",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_a_missing_bias_counts_as_zero():
    layer = MultiHeadAttention(2, 1)
    layer.copy_weights(*[(torch.eye(2), None)] * 4)
    assert (layer.qkv.bias == 0).all()
    assert (layer.output.bias == 0).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: MultiHeadAttention(12, 3)(torch.zeros(2, 5, 12).double()),
            "MultiHeadAttention: x must be of the layer's dtype, float32, got shape (2, 5, 12), float64",
        ),
        (
            lambda: MultiHeadAttention(12, 3)(torch.zeros(2, 5, 12), torch.zeros(2, 5, 12).double()),
            "MultiHeadAttention: context must be of the layer's dtype, float32, got shape",
        ),
        (
            lambda: MultiHeadAttention(12, 3)(torch.zeros(2, 5, 12), "abc"),
            "MultiHeadAttention: context must be a torch.Tensor, got str 'abc'",
        ),
        (
            lambda: MultiHeadAttention(12, 3)(torch.zeros(2, 5, 12).to("meta")),
            "MultiHeadAttention: x must be on the layer's device, cpu, got device meta (move one: x.to(...))",
        ),
        (lambda: MultiHeadAttention("12", 3), "d_model must be a whole number of at least 1, got str '12'"),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
