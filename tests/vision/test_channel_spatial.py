"""Gates for channels and for places."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import normal
from torch.testing import assert_close

from course_attn.vision.channel_spatial import CBAM, ChannelAttention, SpatialAttention, SqueezeExcitation


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def bottleneck(gate, vector):
    """W2 relu(W1 z + b1) + b2 over lists."""
    first, second = gate[0], gate[2]
    hidden = [
        max(sum(w * z for w, z in zip(row, vector, strict=True)) + b, 0.0)
        for row, b in zip(first.weight.tolist(), first.bias.tolist(), strict=True)
    ]
    return [
        sum(w * z for w, z in zip(row, hidden, strict=True)) + b
        for row, b in zip(second.weight.tolist(), second.bias.tolist(), strict=True)
    ]


def channel_summaries(image):
    pixels = [channel.flatten().tolist() for channel in image]
    return [sum(p) / len(p) for p in pixels], [max(p) for p in pixels]


def test_squeeze_and_excitation_by_loops():
    layer, features = SqueezeExcitation(6, 2).double(), normal(2, 6, 3, 5)
    output, gates = layer(features, return_weights=True)
    for b in range(2):
        means, _ = channel_summaries(features[b])
        expected = torch.tensor([sigmoid(s) for s in bottleneck(layer.gate, means)], dtype=torch.float64)
        assert_close(gates[b], expected)
        for c in range(6):
            assert_close(output[b, c], features[b, c] * expected[c])
    assert_close(layer(features), output)


def test_channel_attention_by_loops():
    layer, features = ChannelAttention(6, 3).double(), normal(2, 6, 3, 5)
    output, gates = layer(features, return_weights=True)
    for b in range(2):
        means, tops = channel_summaries(features[b])
        sums = [m + t for m, t in zip(bottleneck(layer.gate, means), bottleneck(layer.gate, tops), strict=True)]
        expected = torch.tensor([sigmoid(s) for s in sums], dtype=torch.float64)
        assert_close(gates[b], expected)
        for c in range(6):
            assert_close(output[b, c], features[b, c] * expected[c])
    assert_close(layer(features), output)


def test_spatial_attention_by_loops():
    layer, features = SpatialAttention(3).double(), normal(2, 7, 4, 5)
    output, gates = layer(features, return_weights=True)
    kernel = layer.conv.weight[0].tolist()
    for b in range(2):
        for y in range(4):
            for x in range(5):
                total = 0.0
                for dy in range(3):
                    for dx in range(3):
                        v, u = y + dy - 1, x + dx - 1
                        if 0 <= v < 4 and 0 <= u < 5:
                            pixel = features[b, :, v, u].tolist()
                            total += kernel[0][dy][dx] * sum(pixel) / 7 + kernel[1][dy][dx] * max(pixel)
                assert_close(gates[b, y, x].item(), sigmoid(total))
    assert_close(output, features * gates[:, None])
    assert_close(layer(features), output)


def test_cbam_is_channel_then_spatial():
    layer, features = CBAM(6, 2, 3).double(), normal(2, 6, 4, 5)
    channel, spatial = layer
    assert_close(layer(features), spatial(channel(features)))
    assert not torch.allclose(layer(features), channel(spatial(features)))


LAYERS = [SqueezeExcitation(6, 2), ChannelAttention(6, 2), SpatialAttention(3), CBAM(6, 2, 3)]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_gradient(layer):
    layer = layer.double()
    features = normal(1, 6, 2, 3).requires_grad_()
    assert torch.autograd.gradcheck(layer, (features,))
    layer(features).square().sum().backward()
    assert all(p.grad is not None for p in layer.parameters())


@given(st.integers(0, 100), st.sampled_from(LAYERS))
def test_gates_only_scale_down(seed, layer):
    features = normal(2, 6, 3, 4, seed=seed)
    output = layer.double()(features)
    assert (output.abs() <= features.abs()).all()
    assert (output.sign() == features.sign()).all()


def test_channel_gates_do_not_know_places():
    layer, features = SqueezeExcitation(6, 2).double(), normal(1, 6, 3, 5)
    shuffled = features.flatten(2)[..., torch.randperm(15)].unflatten(-1, (3, 5))
    assert_close(layer(features, return_weights=True)[1], layer(shuffled, return_weights=True)[1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SqueezeExcitation(7, 2), "SqueezeExcitation: channels must be a multiple of 2, got 7"),
        (lambda: ChannelAttention(6, 0), "ChannelAttention: reduction must be"),
        (lambda: SpatialAttention(4), "SpatialAttention: kernel_size must be odd, got 4"),
        (lambda: SpatialAttention(-1), "kernel_size must be a whole number"),
        (lambda: SqueezeExcitation(6, 2)(torch.zeros(1, 5, 2, 2)), r"features must be of shape \(B, 6, H, W\)"),
        (lambda: ChannelAttention(6, 2)(torch.zeros(6, 2, 2)), r"features must be of shape \(B, 6, H, W\)"),
        (lambda: SpatialAttention(3)(torch.zeros(6, 2, 2)), r"features must be of shape \(B, C, H, W\)"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: SqueezeExcitation(4, 2)(torch.zeros(2, 4, 6, 6).double()),
            "SqueezeExcitation: features must be of the layer's dtype, float32, got shape (2, 4, 6, 6), float64",
        ),
        (
            lambda: ChannelAttention(4, 2)(torch.zeros(2, 4, 6, 6).double()),
            "ChannelAttention: features must be of the layer's dtype, float32, got shape (2, 4, 6, 6), float64",
        ),
        (
            lambda: CBAM(4, 2)(torch.zeros(2, 4, 6, 6).double()),
            "ChannelAttention: features must be of the layer's dtype, float32, got shape (2, 4, 6, 6), float64",
        ),
        (
            lambda: SpatialAttention(3)(torch.zeros(2, 4, 6, 6).double()),
            "SpatialAttention: features must be of the layer's dtype, float32, got shape",
        ),
        (
            lambda: ChannelAttention(4, None),
            "ChannelAttention: reduction must be a whole number of at least 1, got NoneType None",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
