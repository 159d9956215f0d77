"""h small heads side by side are one projection split into heads."""

import re

import pytest
import torch
from specification import MASKS, B, M, N, d, h, normal
from torch.testing import assert_close

from course_attn.head_by_head import MultiHeadByHeads
from course_attn.multi_head import MultiHeadAttention

D = 6 * d


@pytest.mark.parametrize("num_kv_heads", [1, 2, 6])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("d_context", [None, 17])
def test_equal_to_the_split_projection(num_kv_heads, bias, d_context):
    """In value, in weights and in the gradient of the inputs, float32, to 1e-6."""
    split = MultiHeadAttention(D, 6, num_kv_heads=num_kv_heads, d_context=d_context, bias=bias)
    heads = MultiHeadByHeads.from_split(split)
    x = normal(B, N, D, dtype=torch.float32).requires_grad_()
    context = normal(B, M, d_context or D, seed=2, dtype=torch.float32).requires_grad_()
    mask = MASKS["dead row"].repeat_interleave(2, dim=1)
    output, weights = heads(x, context, mask, return_weights=True)
    wanted, wanted_weights = split(x, context, mask, return_weights=True)
    close = {"rtol": 0, "atol": 1e-6}
    assert_close(output, wanted, **close)
    assert_close(weights, wanted_weights, **close)
    assert_close(heads(x, context, mask), split(x, context, mask), **close)
    upstream = normal(B, N, D, seed=9, dtype=torch.float32) / 10
    got = torch.autograd.grad((output * upstream).sum(), (x, context))
    assert_close(got, torch.autograd.grad((wanted * upstream).sum(), (x, context)), **close)


def test_gradients_of_the_weights_are_those_of_the_rows():
    split = MultiHeadAttention(h * d, h).double()
    heads = MultiHeadByHeads.from_split(split)
    x, upstream = normal(B, N, h * d), normal(B, N, h * d, seed=9)
    (split(x) * upstream).sum().backward()
    (heads(x) * upstream).sum().backward()
    for part, name in enumerate(("query", "key", "value")):
        rows = torch.cat([getattr(head, name).weight.grad for head in heads.heads])
        assert_close(rows, split.qkv.weight.grad.chunk(3)[part])
    assert_close(heads.output.weight.grad, split.output.weight.grad)
    assert sum(p.numel() for p in heads.parameters()) == sum(p.numel() for p in split.parameters())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MultiHeadByHeads(10, 3), "MultiHeadByHeads: d_model must be a multiple of 3, got 10"),
        (lambda: MultiHeadByHeads(10, 0), "num_heads must be a whole number of at least 1, got int 0"),
        (lambda: MultiHeadByHeads(4, 2)(torch.zeros(5, 4)), "x must be of shape (B, N, D), got shape (5, 4)"),
        (
            lambda: MultiHeadByHeads(4, 2)(torch.zeros(1, 5, 4), mask=torch.ones(1, 5, 5, dtype=torch.bool)),
            "MultiHeadByHeads: mask must be broadcastable to (B, h, N, M) = (1, 2, 5, 5), got shape (1, 5, 5), bool",
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
            lambda: MultiHeadByHeads(12, 3)(torch.zeros(2, 5, 12).double()),
            "MultiHeadByHeads: x must be of the layer's dtype, float32, got shape",
        ),
        (
            lambda: MultiHeadByHeads(12, 3)(torch.zeros(2, 5, 12), torch.zeros(2, 5, 12).double()),
            "MultiHeadByHeads: context must be of the layer's dtype, float32, got shape",
        ),
        (
            lambda: MultiHeadByHeads(12, 3)(torch.zeros(2, 5, 12), "abc"),
            "MultiHeadByHeads: context must be a torch.Tensor, got str 'abc'",
        ),
        (
            lambda: MultiHeadByHeads(12, 3)(torch.zeros(2, 5, 12), torch.zeros(2, 5, 12)[0]),
            "MultiHeadByHeads: context must be of shape (2, M, d_context), got shape (5, 12), float32",
        ),
        (
            lambda: MultiHeadByHeads.from_split(None),
            "MultiHeadByHeads.from_split: layer must be a MultiHeadAttention, got NoneType",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)


def test_small_heads_are_frozen_and_in_the_mode_of_their_layer():
    layer = MultiHeadAttention(8, 2).eval()
    layer.qkv.requires_grad_(False)
    copy = MultiHeadByHeads.from_split(layer)
    assert not any(module.training for module in copy.modules())
    assert {name for name, parameter in copy.named_parameters() if parameter.requires_grad} == {
        "output.weight",
        "output.bias",
    }
    assert all(module.training for module in MultiHeadByHeads.from_split(layer.train()).modules())
