"""The ways attention is computed: the formula with its weights, and torch's kernel with its exceptions kept out."""

import math

import pytest
import torch
from torch.nn import functional as F

from course_attn import _ways
from course_attn._paths import sdpa, sdpa_of_heads
from course_attn._ways import causal_and, explicit, fused, may_overwrite


def attention_inputs(dtype, d_v=7):
    torch.manual_seed(0)
    sizes = (2, 3, 5, 7), (2, 3, 11, 7), (2, 3, 11, d_v)
    return [torch.randn(*size).to(dtype).requires_grad_() for size in sizes]


TWO_MASKS = [None, torch.rand(5, 11, generator=torch.Generator().manual_seed(1)) > 0.4]


def test_explicit_takes_a_float_bias():
    query, key, value = attention_inputs(torch.float64)
    bias = torch.randn(3, 5, 11, dtype=torch.float64)
    output, weights = explicit(query, key, value, bias, scale=0.5)
    by_hand = torch.softmax(query @ key.transpose(-2, -1) * 0.5 + bias, dim=-1)
    torch.testing.assert_close(weights, by_hand)
    torch.testing.assert_close(output, by_hand @ value)


@pytest.mark.parametrize("mask", [*TWO_MASKS, torch.arange(5)[:, None].expand(5, 11) > 1], ids=["none", "mask", "dead"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
def test_weights_written_over_their_scores_are_the_same(monkeypatch, mask, dtype):
    tensors = [x.detach() for x in attention_inputs(dtype)]
    before = [x.clone() for x in tensors]
    wanted = explicit(*tensors, mask, scale=0.3)
    monkeypatch.setattr(_ways, "IN_PLACE_FROM_SCORES", 0)
    torch.testing.assert_close(explicit(*tensors, mask, scale=0.3), wanted, rtol=0, atol=0)
    torch.testing.assert_close(tensors, before, rtol=0, atol=0)


@pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")  # torch uses it for derivatives forward
def test_scores_that_a_derivative_needs_are_not_overwritten(monkeypatch):
    monkeypatch.setattr(_ways, "IN_PLACE_FROM_SCORES", 0)
    query, key, value = attention_inputs(torch.float64)
    assert not may_overwrite(query)
    assert may_overwrite(query.detach())
    with torch.no_grad():
        assert may_overwrite(query * 1)

    def output(q):
        return explicit(q, key.detach(), value.detach(), None, scale=0.3)[0]

    plain, direction = query.detach(), torch.ones_like(query)
    _, tangent = torch.func.jvp(output, (plain,), (direction,))
    step = 1e-6
    by_hand = (output(plain + step * direction) - output(plain - step * direction)) / (2 * step)
    torch.testing.assert_close(tangent, by_hand, rtol=1e-5, atol=1e-8)
    with torch.autograd.forward_ad.dual_level():
        dual = output(torch.autograd.forward_ad.make_dual(plain, direction))
        torch.testing.assert_close(torch.autograd.forward_ad.unpack_dual(dual).tangent, tangent)
    rows = torch.func.vmap(output)(plain[None])
    torch.testing.assert_close(rows[0], output(plain))


@pytest.mark.filterwarnings("ignore:.torch.jit.trace:DeprecationWarning")
@pytest.mark.parametrize("dropout", [0.0, 1e-12])
def test_a_graph_keeps_no_answer_about_the_mask_it_was_traced_with(dropout):
    """Traced where every query may ask somebody, then given a row that may ask nobody."""
    query, key, value = (x.detach() for x in attention_inputs(torch.float64))

    def call(mask):
        return explicit(query, key, value, mask, scale=0.3, dropout=dropout)

    mask = TWO_MASKS[1].clone()
    mask[2] = False
    graph = torch.jit.trace(call, torch.ones_like(mask), check_trace=False)
    torch.testing.assert_close(graph(mask), call(mask))


# ---------------------------------------------------------------- the kernel


def square(num_places, heads=3, kv_heads=3):
    torch.manual_seed(2)
    sizes = (2, heads, num_places, 8), (2, kv_heads, num_places, 8), (2, kv_heads, num_places, 8)
    return [torch.randn(*size, dtype=torch.float64, requires_grad=True) for size in sizes]


def paddings(num_places):
    """Keys hidden at the end, at the beginning (the first queries may ask nobody), and here and there."""
    place = torch.arange(num_places)
    yield (place < torch.tensor([[num_places - 2], [num_places]]))[:, None, None, :]
    yield (place >= torch.tensor([[3], [0]]))[:, None, None, :]
    yield torch.rand(2, 1, num_places, num_places, generator=torch.Generator().manual_seed(3)) > 0.4


@pytest.mark.parametrize("num_places", [5, 17, 40])
@pytest.mark.parametrize("kv_heads", [1, 3])
def test_causal_and_a_mask_at_once(num_places, kv_heads):
    leaves = square(num_places, kv_heads=kv_heads)
    for mask in paddings(num_places):
        mine = fused(*leaves, mask, is_causal=True, scale=0.3)
        query, key, value = leaves
        key, value = (x.expand(2, 3, -1, -1) for x in (key, value))
        theirs = explicit(query, key, value, causal_and(mask, query, key), scale=0.3)[0]
        torch.testing.assert_close(mine, theirs)
        cotangent = torch.randn_like(mine)
        torch.testing.assert_close(
            torch.autograd.grad(mine, leaves, cotangent), torch.autograd.grad(theirs, leaves, cotangent)
        )


def given(monkeypatch):
    """What torch's function is given."""
    seen, original = [], F.scaled_dot_product_attention
    monkeypatch.setattr(
        F, "scaled_dot_product_attention", lambda *args, **named: seen.append(named) or original(*args, **named)
    )
    return seen


def test_the_mask_beside_causal_stays_small(monkeypatch):
    seen = given(monkeypatch)
    mask = next(paddings(17))
    fused(*square(17), mask, is_causal=True, scale=None)
    assert seen[0]["attn_mask"] is mask
    assert seen[0]["is_causal"]


def test_a_route_that_refuses_both_gets_one_mask(monkeypatch):
    """Without the fused kernel torch has the formula, which takes either."""
    seen, leaves, mask = given(monkeypatch), square(17), next(paddings(17))
    wanted = fused(*leaves, mask, is_causal=True, scale=0.3)
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        found = fused(*leaves, mask, is_causal=True, scale=0.3)
    assert not seen[1]["is_causal"]
    assert seen[1]["attn_mask"].shape == (2, 1, 17, 17)
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("num_keys", [1, 2, 7, 15, 16, 17, 33, 600])
def test_the_kernel_hides_no_nan_and_no_infinity(dtype, bad, num_keys):
    """In a whole row or in one number; of queries, keys or values. Below 16 keys torch's kernel alone would give 0."""
    for which in (0, 1, 2):
        for columns in (slice(None), slice(1, 2)):
            for is_causal in (False, True):
                torch.manual_seed(1)
                tensors = [torch.randn(1, 2, num_keys, 8).to(dtype) for _ in range(3)]
                tensors[which][0, 0, 0, columns] = bad
                output = sdpa(*tensors, None, is_causal=is_causal, scale=None, dropout=0.0)
                lower = torch.ones(num_keys, num_keys, dtype=torch.bool).tril() if is_causal else None
                wanted = explicit(*tensors, lower, scale=8**-0.5)[0]
                assert torch.equal(output.isfinite(), wanted.isfinite()), (which, columns, is_causal)


@pytest.mark.parametrize("num_keys", [2, 16, 17])
def test_a_row_of_scores_that_overflowed_is_not_taken_for_a_dead_one(num_keys):
    """All its scores are minus infinity, and so for the kernel there is no maximum."""
    query = torch.full((1, 1, num_keys, 4), 1e20)
    for mask in (None, torch.ones(num_keys, num_keys, dtype=torch.bool)):
        assert sdpa_of_heads(query, -query, query, mask).isnan().all()


def test_no_nan_is_hidden_where_heads_share_keys_or_widths_differ(monkeypatch):
    query, key, value = (x.detach() for x in square(7, kv_heads=1))
    query[0, 0, 0] = math.nan
    for mask in (None, next(paddings(7))):
        assert sdpa_of_heads(query, key, value, mask)[0, 0, 0].isnan().all()
    monkeypatch.setattr("course_attn._paths.UNEQUAL_BY_HAND_FROM_SCORES", 0)
    key, narrow = key.expand(2, 3, -1, -1), value[..., :3].expand(2, 3, -1, -1).clone().requires_grad_()
    assert sdpa_of_heads(query, key, narrow, None)[0, 0, 0].isnan().all()


def test_zeros_among_the_values_are_left_alone(monkeypatch):
    """Zeros in the output are looked into, and where nothing is wrong they stay the kernel's."""
    monkeypatch.setattr(_ways, "explicit", None)
    query, key, value = (x.detach() for x in square(7))
    value[..., 0] = 0.0
    output = sdpa_of_heads(query, key, value, None)
    assert (output[..., 0] == 0).all()
    assert (output[..., 1:] != 0).all()
