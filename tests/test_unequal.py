"""Fused attention with values of another width: the formula's values, and derivatives of its own."""

import pytest
import torch
from torch.testing import assert_close

from course_attn import _unequal
from course_attn._unequal import UnequalWidths, padded

B, H, N, M, D, SCALE = 2, 3, 11, 13, 5, 0.3


def inputs(d_v, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    sizes = (B, H, N, D), (B, H, M, D), (B, H, M, d_v)
    return [torch.randn(*size, generator=generator, dtype=dtype).requires_grad_() for size in sizes]


def formula(query, key, value):
    return torch.softmax(SCALE * query @ key.mT, dim=-1) @ value


@pytest.fixture(params=[4, 11, 128], ids="blocks of {}".format)
def block(request, monkeypatch):
    """Blocks that divide the queries with a rest, that are all of them, and that are more."""
    monkeypatch.setattr(_unequal, "BLOCK", request.param)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("d_v", [3, 7])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_formula_in_value_and_gradient(d_v, dtype):
    leaves = inputs(d_v, dtype)
    mine, theirs = UnequalWidths.apply(*leaves, SCALE), formula(*leaves)
    assert_close(mine, theirs)
    cotangent = torch.randn_like(mine)
    ours = torch.autograd.grad(mine, leaves, cotangent)
    assert_close(ours, torch.autograd.grad(theirs, leaves, cotangent))


@pytest.mark.usefixtures("block")
def test_heads_that_are_views_get_their_gradients():
    """As a layer splits its projections: (B, N, h d) seen as (B, h, N, d)."""
    wide = [x.detach().transpose(1, 2).flatten(2).requires_grad_() for x in inputs(7)]
    results = []
    for function in (formula, lambda *heads: UnequalWidths.apply(*heads, SCALE)):
        output = function(*(x.unflatten(-1, (H, -1)).transpose(1, 2) for x in wide))
        results.append((output, *torch.autograd.grad(output.square().sum(), wide)))
    assert_close(*results)


def test_derivatives_of_both_orders_are_those_of_finite_differences():
    leaves = [x[:1, :1].detach().requires_grad_() for x in inputs(3)]

    def function(*tensors):
        return UnequalWidths.apply(*tensors, SCALE)

    assert torch.autograd.gradcheck(function, leaves)
    assert torch.autograd.gradgradcheck(function, leaves)


@pytest.mark.parametrize("asked", [0, 1, 2])
def test_one_gradient_alone(asked):
    tensors = [x.detach().requires_grad_(i == asked) for i, x in enumerate(inputs(7))]
    results = [
        torch.autograd.grad(function(*tensors).square().sum(), tensors[asked])
        for function in (formula, lambda *three: UnequalWidths.apply(*three, SCALE))
    ]
    assert_close(*results)


@pytest.mark.parametrize("d_v", [3, 5, 7])
def test_zeros_beside_change_nothing(d_v):
    query, key, value = inputs(d_v)
    assert_close(padded(query, key, value, scale=SCALE), formula(query, key, value))
    mask = torch.rand(N, M, generator=torch.Generator().manual_seed(2)) > 0.4
    wanted = torch.softmax((SCALE * query @ key.mT).masked_fill(~mask, -torch.inf), dim=-1) @ value
    assert_close(padded(query, key, value, attn_mask=mask, scale=SCALE), wanted)


def test_no_map_of_all_pairs_is_kept(monkeypatch):
    monkeypatch.setattr(_unequal, "BLOCK", 4)
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda x: kept.append(x.shape) or x, lambda x: x):
        UnequalWidths.apply(*inputs(3), SCALE)
    assert sorted(kept) == sorted([(B, H, N, D), (B, H, M, D), (B, H, M, 3), (B, H, N, 3)])
