"""Feed-forward networks, residual steps, encoder and decoder blocks."""

import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import B, M, N, d, h, normal
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from course_attn.blocks import DecoderBlock, EncoderBlock, FeedForward, GatedFeedForward, Residual
from course_attn.masks import causal_mask, padding_mask
from course_attn.multi_head import MultiHeadAttention

D, D_FF = h * d, 17
NORMS = ["before", "after"]


def encoder_block(norm="before", **options):
    block = EncoderBlock(D, MultiHeadAttention(D, h), FeedForward(D, D_FF), norm=norm, **options)
    return block.double()


def decoder_block(norm="before", **options):
    parts = MultiHeadAttention(D, h), MultiHeadAttention(D, h), FeedForward(D, D_FF)
    return DecoderBlock(D, *parts, norm=norm, **options).double()


# ---------------------------------------------------------------- feed-forward


def test_feed_forward_by_hand():
    network = FeedForward(2, 3)
    network.inner.weight.data = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    network.inner.bias.data = torch.tensor([0.0, 1.0, 0.0])
    network.outer.weight.data = torch.tensor([[1.0, 10.0, 100.0], [0.0, 1.0, 0.0]])
    network.outer.bias.data = torch.tensor([0.5, 0.0])
    assert_close(network(torch.tensor([[2.0, -3.0]])), torch.tensor([[2 + 100 + 0.5, 0.0]]))


def test_gated_feed_forward_by_hand():
    network = GatedFeedForward(1, 2)
    network.gate.weight.data = torch.tensor([[1.0], [-2.0]])
    network.inner.weight.data = torch.tensor([[3.0], [5.0]])
    network.outer.weight.data = torch.tensor([[1.0, 10.0]])

    def silu(z):
        return z / (1 + math.exp(-z))

    assert_close(network(torch.tensor([[1.0]])), torch.tensor([[3 * silu(1.0) + 10 * 5 * silu(-2.0)]]))
    assert [p.numel() for p in network.parameters()] == [2, 2, 2]


@pytest.mark.parametrize("network", [FeedForward(D, D_FF, F.gelu), GatedFeedForward(D, D_FF)])
def test_feed_forward_treats_every_place_alike(network):
    network.double()
    x = normal(B, N, D)
    assert_close(network(x), torch.stack([network(x[:, i]) for i in range(N)], dim=1))
    narrow = type(network)(2, 3).double()
    inputs = normal(2, 2).requires_grad_()
    assert torch.autograd.gradcheck(narrow, inputs)


# ---------------------------------------------------------------- residual


def test_residual_by_hand():
    x = torch.tensor([[[1.0, 3.0]]])  # its norm is (-1, 1), up to 1e-5 in the variance
    before, after = Residual(2, "before"), Residual(2, "after")
    assert_close(before(x, lambda y: 10 * y), torch.tensor([[[-9.0, 13.0]]]), rtol=1e-4, atol=0)
    assert_close(after(x, lambda y: torch.tensor([[[7.0, -3.0]]])), torch.tensor([[[1.0, -1.0]]]), rtol=1e-4, atol=0)
    assert_close(Residual(2, make_norm=lambda width: nn.Identity())(x, lambda y: 10 * y), 11 * x)


def test_dropout_leaves_the_straight_path_alone():
    x = normal(B, N, D)
    step = Residual(D, "before", dropout=0.5, make_norm=lambda width: nn.Identity())
    added = step(x, lambda y: torch.ones_like(y)) - x
    assert set(added.round(decimals=6).unique().tolist()) == {0.0, 2.0}
    step.eval()
    assert_close(step(x, lambda y: torch.ones_like(y)), x + 1)


# ---------------------------------------------------------------- parity with torch


def copy_attention(theirs, ours):
    weights, biases = theirs.in_proj_weight.chunk(3), theirs.in_proj_bias.chunk(3)
    pairs = zip([*weights, theirs.out_proj.weight], [*biases, theirs.out_proj.bias], strict=True)
    ours.copy_weights(*pairs)


def copy_rest(theirs, ours, norms):
    ours.feed_forward.inner.load_state_dict(theirs.linear1.state_dict())
    ours.feed_forward.outer.load_state_dict(theirs.linear2.state_dict())
    for number, step in enumerate(norms, start=1):
        step.norm.load_state_dict(getattr(theirs, f"norm{number}").state_dict())


def shaken(layer):
    """Biases and norms start at 0 and 1, where a swap of two would not be seen."""
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.3)
    return layer


@pytest.mark.parametrize("activation", [F.relu, F.gelu])
@pytest.mark.parametrize("norm", NORMS)
def test_encoder_block_is_torchs(norm, activation):
    theirs = nn.TransformerEncoderLayer(
        D,
        h,
        D_FF,
        dropout=0.0,
        activation=activation,
        batch_first=True,
        norm_first=norm == "before",
        dtype=torch.float64,
    )
    shaken(theirs)
    ours = EncoderBlock(D, MultiHeadAttention(D, h), FeedForward(D, D_FF, activation), norm=norm).double()
    copy_attention(theirs.self_attn, ours.attention)
    copy_rest(theirs, ours, [ours.around_attention, ours.around_feed_forward])
    x = normal(B, N, D).requires_grad_()
    padding = padding_mask([N, 3], N)
    wanted = theirs(x, src_key_padding_mask=~padding[:, 0])
    got = ours(x, padding[:, None])
    assert_close(got, wanted)
    upstream = normal(B, N, D, seed=9)
    got_gradients = torch.autograd.grad((got * upstream).sum(), [x, *ours.parameters()])
    wanted_gradients = torch.autograd.grad((wanted * upstream).sum(), [x, *theirs.parameters()])
    assert_close(got_gradients[0], wanted_gradients[0])
    assert_close(sorted(g.norm() for g in got_gradients), sorted(g.norm() for g in wanted_gradients))


@pytest.mark.parametrize("norm", NORMS)
def test_decoder_block_is_torchs(norm):
    theirs = nn.TransformerDecoderLayer(
        D, h, D_FF, dropout=0.0, batch_first=True, norm_first=norm == "before", dtype=torch.float64
    )
    shaken(theirs)
    ours = decoder_block(norm)
    copy_attention(theirs.self_attn, ours.attention)
    copy_attention(theirs.multihead_attn, ours.cross_attention)
    copy_rest(theirs, ours, [ours.around_attention, ours.around_cross_attention, ours.around_feed_forward])
    x, memory = normal(B, N, D).requires_grad_(), normal(B, M, D, seed=2).requires_grad_()
    padding = padding_mask([M, 3], M)
    wanted = theirs(x, memory, tgt_mask=~causal_mask(N), memory_key_padding_mask=~padding[:, 0])
    got = ours(x, memory, memory_mask=padding[:, None])
    assert_close(got, wanted)
    upstream = normal(B, N, D, seed=9)
    got_gradients = torch.autograd.grad((got * upstream).sum(), [x, memory, *ours.parameters()])
    wanted_gradients = torch.autograd.grad((wanted * upstream).sum(), [x, memory, *theirs.parameters()])
    assert_close(got_gradients[:2], wanted_gradients[:2])
    # torch lists its parameters in another order: compare as sets of lengths
    assert_close(sorted(g.norm() for g in got_gradients), sorted(g.norm() for g in wanted_gradients))


# ---------------------------------------------------------------- properties


@pytest.mark.parametrize("norm", NORMS)
def test_encoder_block_is_permutation_equivariant(norm):
    block, x = encoder_block(norm), normal(B, N, D)
    order = [3, 0, 4, 1, 2]
    assert_close(block(x[:, order]), block(x)[:, order])


@pytest.mark.parametrize("norm", NORMS)
@given(place=st.integers(1, N - 1))
def test_the_future_cannot_matter(norm, place):
    encoder, decoder, memory = encoder_block(norm), decoder_block(norm), normal(B, M, D, seed=2)
    x = normal(B, N, D)
    other = x.clone()
    other[:, place:] += 3
    assert_close(encoder(other, is_causal=True)[:, :place], encoder(x, is_causal=True)[:, :place])
    assert_close(decoder(other, memory)[:, :place], decoder(x, memory)[:, :place])


@pytest.mark.parametrize("norm", NORMS)
def test_decoder_looks_at_the_memory_it_may_see(norm):
    block, x, memory = decoder_block(norm), normal(B, N, D), normal(B, M, D, seed=2)
    mask = padding_mask([M, 3], M)[:, None]
    other = memory.clone()
    other[1, 3:] = 100
    assert_close(block(x, other, memory_mask=mask), block(x, memory, memory_mask=mask))
    assert not torch.allclose(block(x, other), block(x, memory))


def test_every_parameter_has_a_gradient():
    x, memory = normal(B, N, D), normal(B, M, D, seed=2)
    upstream = normal(B, N, D, seed=9)  # the sum of a norm's output is constant: weigh it
    for block, output in ((b := encoder_block("after"), b(x)), (b := decoder_block("after"), b(x, memory))):
        (output * upstream).sum().backward()
        for name, parameter in block.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: FeedForward(0, 2), "FeedForward: d_model must be a whole number of at least 1, got int 0"),
        (lambda: FeedForward(2, 0), "FeedForward: d_ff must be a whole number of at least 1, got int 0"),
        (
            lambda: FeedForward(2, 2, dropout=1),
            "FeedForward: dropout must be a number from 0.0 to below 1.0, got int 1",
        ),
        (lambda: GatedFeedForward(0, 2), "GatedFeedForward: d_model must be a whole number of at least 1"),
        (lambda: GatedFeedForward(2, 0), "GatedFeedForward: d_ff must be a whole number of at least 1"),
        (lambda: Residual(2, "first"), "Residual: norm must be one of 'before', 'after', got str 'first'"),
        (lambda: Residual(2, dropout=-0.1), "Residual: dropout must be a number from 0.0 to below 1.0"),
        (lambda: encoder_block()(torch.zeros(B, N, 3)), f"EncoderBlock: x must be of shape (B, N, {D}), got shape"),
        (
            lambda: decoder_block()(torch.zeros(N, D), torch.zeros(N, D)),
            f"DecoderBlock: x must be of shape (B, N, {D})",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: FeedForward(12, 7)(None), "FeedForward: x must be a torch.Tensor, got NoneType None"),
        (
            lambda: FeedForward(12, 7)(torch.zeros(2, 5, 11)),
            "FeedForward: x must be of shape (..., 12), got shape (2, 5, 11), float32",
        ),
        (
            lambda: FeedForward(12, 7)(torch.zeros(2, 5, 12).double()),
            "FeedForward: x must be of the layer's dtype, float32, got shape",
        ),
        (
            lambda: FeedForward(12, 7, activation="relu"),
            "FeedForward: activation must be a function, got str 'relu' (as in activation=torch.relu)",
        ),
        (lambda: GatedFeedForward(12, 7)([1.0]), "GatedFeedForward: x must be a torch.Tensor, got list [1.0]"),
        (
            lambda: GatedFeedForward(12, 7)(torch.zeros(2, 5, 12).double()),
            "GatedFeedForward: x must be of the layer's dtype, float32, got shape",
        ),
        (lambda: GatedFeedForward(12, 7, activation=5), "GatedFeedForward: activation must be a function, got int 5"),
        (lambda: Residual("12"), "d_model must be a whole number of at least 1, got str '12'"),
        (lambda: Residual(12, make_norm="LayerNorm"), "Residual: make_norm must be a function, got str 'LayerNorm'"),
        (
            lambda: EncoderBlock(12, None, FeedForward(12, 7)),
            "EncoderBlock: attention must be a function, got NoneType None",
        ),
        (
            lambda: EncoderBlock(12, MultiHeadAttention(12, 3), "ffn"),
            "EncoderBlock: feed_forward must be a function, got str 'ffn'",
        ),
        (
            lambda: EncoderBlock(12, MultiHeadAttention(12, 3), FeedForward(12, 7))(torch.zeros(2, 5, 12).double()),
            "EncoderBlock: x must be of the layer's dtype, float32, got shape",
        ),
        (
            lambda: DecoderBlock(12, MultiHeadAttention(12, 3), MultiHeadAttention(12, 3), FeedForward(12, 7))(
                torch.zeros(2, 5, 12).double(), torch.zeros(2, 5, 12)
            ),
            "DecoderBlock: x must be of the layer's dtype, float32, got shape",
        ),
        (
            lambda: DecoderBlock(12, MultiHeadAttention(12, 3), MultiHeadAttention(12, 3), FeedForward(12, 7))(
                torch.zeros(2, 5, 12), torch.zeros(2, 5, 12).double()
            ),
            "MultiHeadAttention: context must be of the layer's dtype, float32, got shape",
        ),
        (
            lambda: DecoderBlock(12, MultiHeadAttention(12, 3), 3, FeedForward(12, 7)),
            "DecoderBlock: cross_attention must be a function, got int 3",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)


@pytest.mark.parametrize("norm", ["before", "after"])
def test_a_norm_may_stay_in_float32_where_all_else_is_in_half_precision(norm):
    block = EncoderBlock(12, MultiHeadAttention(12, 3), FeedForward(12, 7), norm=norm).to(torch.bfloat16)
    for layer in (block.around_attention, block.around_feed_forward):
        layer.norm.float()
    assert block(normal(B, N, 12).to(torch.bfloat16)).dtype == torch.bfloat16


def test_blocks_under_autocast_take_either_dtype():
    block = DecoderBlock(12, MultiHeadAttention(12, 3), MultiHeadAttention(12, 3), FeedForward(12, 7))
    x = normal(B, N, 12).to(torch.bfloat16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for mine, memory in ((x, x), (x.float(), x), (x, x.float())):
            assert block(mine, memory).shape == x.shape


@pytest.mark.parametrize("norm", NORMS)
def test_an_input_on_another_device_is_named_before_the_norm_sees_it(norm):
    block = EncoderBlock(12, MultiHeadAttention(12, 3), FeedForward(12, 7), norm=norm)
    with pytest.raises(ValueError, match="EncoderBlock: x must be on the layer's device, cpu, got device meta"):
        block(torch.zeros(2, 5, 12, device="meta"))


def test_a_norm_without_a_weight_is_not_asked_where_it_is():
    attention, feed_forward = MultiHeadAttention(12, 3), FeedForward(12, 7)
    block = EncoderBlock(
        12, attention, feed_forward, make_norm=lambda width: nn.LayerNorm(width, elementwise_affine=False)
    )
    assert block(torch.zeros(2, 5, 12)).shape == (2, 5, 12)
    with pytest.raises(ValueError, match="MultiHeadAttention: x must be on the layer's device, cpu, got device meta"):
        block(torch.zeros(2, 5, 12, device="meta"))
