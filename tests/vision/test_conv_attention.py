"""A convolution as attention with fixed positions."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from specification import normal
from torch import nn
from torch.testing import assert_close

from course_attn.vision.conv_attention import QuadraticAttention, conv_as_attention

CONVOLUTIONS = [
    {"kernel_size": 3, "padding": 1},
    {"kernel_size": 3, "padding": 0},
    {"kernel_size": 1},
    {"kernel_size": 5, "padding": 2, "bias": False},
    {"kernel_size": (3, 5), "padding": (0, 3)},
    {"kernel_size": 3, "padding": "same", "dilation": 2},
    {"kernel_size": 3, "padding": "valid"},
    {"kernel_size": (5, 3), "padding": (3, 1), "dilation": (1, 2)},
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("options", CONVOLUTIONS, ids=str)
def test_equal_to_the_convolution_in_value_and_gradient(options, dtype):
    conv = nn.Conv2d(2, 5, **options).to(dtype)
    layer = conv_as_attention(conv)
    images = normal(3, 2, 7, 11, dtype=dtype).requires_grad_()
    assert_close(layer(images), conv(images), atol=1e-5, rtol=1e-5)
    upstream = normal(*conv(images).shape, seed=9, dtype=dtype)
    (ours,) = torch.autograd.grad((layer(images) * upstream).sum(), images)
    (theirs,) = torch.autograd.grad((conv(images) * upstream).sum(), images)
    assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


@settings(max_examples=10)
@given(st.sampled_from([1, 3, 5]), st.sampled_from([1, 3, 5]), st.integers(0, 3), st.integers(1, 3), st.integers(1, 3))
def test_equal_for_any_odd_kernel(height, width, padding, channels, outputs):
    conv = nn.Conv2d(channels, outputs, (height, width), padding=padding).double()
    images = normal(2, channels, 5, 7)
    assert_close(conv_as_attention(conv)(images), conv(images), atol=1e-10, rtol=1e-10)


def test_each_head_looks_at_one_place_of_the_kernel():
    layer = conv_as_attention(nn.Conv2d(1, 1, 3, padding=1))
    output, weights = layer(torch.zeros(1, 1, 4, 5), return_weights=True)
    assert output.shape == (1, 1, 4, 5)
    assert weights.shape == (9, 20, 42)
    for head, (row, column) in enumerate((r, c) for r in (-1, 0, 1) for c in (-1, 0, 1)):
        for query in range(20):
            y, x = divmod(query, 5)
            assert weights[head, query].argmax() == (y + 1 + row) * 7 + x + 1 + column
    assert_close(weights.amax(-1), torch.ones(9, 20))


def test_soft_weights_by_loops():
    layer = QuadraticAttention(2, 3, num_heads=2).double()
    with torch.no_grad():
        layer.sharpness.copy_(torch.tensor([0.3, 2.0]))
    weights = layer.weights(3, 5)
    for head in range(2):
        (dy, dx), sharpness = layer.centre[head].tolist(), layer.sharpness[head].item()
        for i in range(15):
            powers = [
                math.exp(-sharpness * ((j // 5 - i // 5 - dy) ** 2 + (j % 5 - i % 5 - dx) ** 2)) for j in range(15)
            ]
            expected = torch.tensor([p / sum(powers) for p in powers], dtype=torch.float64)
            assert_close(weights[head, i], expected)


def test_heads_are_mixed_and_joined():
    layer = QuadraticAttention(2, 3, num_heads=5).double()
    images = normal(2, 2, 3, 5)
    output, weights = layer(images, return_weights=True)
    pixels = images.flatten(2)  # (B, C, M)
    for b in range(2):
        for n in range(15):
            joined = torch.cat(
                [torch.stack([(weights[h, n] * pixels[b, c]).sum() for c in range(2)]) for h in range(5)]
            )
            assert_close(output[b, :, n // 5, n % 5], layer.join(joined))


def test_gradient_reaches_centres_and_sharpness():
    layer = QuadraticAttention(1, 1, num_heads=2).double()
    image = normal(1, 1, 2, 3)

    def run(centre, sharpness):
        return torch.func.functional_call(layer, {"centre": centre, "sharpness": sharpness}, image)

    start = (layer.centre.detach().requires_grad_(), layer.sharpness.detach().requires_grad_())
    assert torch.autograd.gradcheck(run, start)
    layer(image).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in layer.parameters())


def test_shifting_the_image_shifts_the_result():
    layer = conv_as_attention(nn.Conv2d(1, 2, 3, padding=1))
    image = torch.zeros(1, 1, 9, 9)
    image[..., 2:5, 2:5] = normal(3, 3, dtype=torch.float32)
    assert_close(layer(image.roll((2, 3), (-2, -1))), layer(image).roll((2, 3), (-2, -1)), atol=1e-6, rtol=0)


def test_it_computes_where_its_weights_are():
    layer = conv_as_attention(nn.Conv2d(1, 2, 3, padding=1, device="meta"))
    assert layer(torch.zeros(1, 1, 5, 7, device="meta")).device.type == "meta"


def test_the_smallest_image_it_names_will_do():
    conv = nn.Conv2d(1, 1, (3, 5), padding=(0, 1), dilation=(3, 1))
    images = normal(1, 1, 7, 3, dtype=torch.float32)
    assert_close(conv_as_attention(conv)(images), conv(images), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: conv_as_attention(nn.Conv2d(1, 1, 2)), "conv must be of odd kernel size, got 2 x 2"),
        (lambda: conv_as_attention(nn.Conv2d(1, 1, 3, stride=2)), r"conv must be of stride \(1, 1\), got \(2, 2\)"),
        (lambda: conv_as_attention(nn.Conv2d(2, 2, 3, groups=2)), "conv must be of groups 1, got 2"),
        (lambda: conv_as_attention(nn.Conv2d(1, 1, 3, padding_mode="circular")), "of padding_mode zeros, got circular"),
        (lambda: conv_as_attention(nn.Conv2d(1, 1, 3), sharpness=0), "sharpness must be a number greater than 0"),
        (lambda: QuadraticAttention(1, 1, 0), "QuadraticAttention: num_heads must be"),
        (lambda: QuadraticAttention(1, 1, 2)(torch.zeros(1, 2, 3, 3)), r"images must be of shape \(B, 1, H, W\)"),
        (
            lambda: conv_as_attention(nn.Conv2d(1, 1, 5))(torch.zeros(1, 1, 4, 7)),
            r"images must be at least 5 x 5 pixels, got 4 x 7 \(the kernel spans 5 x 5, ",
        ),
        (
            lambda: conv_as_attention(nn.Conv2d(1, 1, (3, 5), padding=(0, 1), dilation=(3, 1)))(
                torch.zeros(1, 1, 6, 7)
            ),
            r"images must be at least 7 x 3 pixels, got 6 x 7 \(the kernel spans 7 x 5, ",
        ),
        (lambda: conv_as_attention(nn.Linear(1, 1)), "conv_as_attention: conv must be a torch.nn.Conv2d, got Linear"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_images_on_another_device_are_named():
    with pytest.raises(
        ValueError, match="QuadraticAttention: images must be on the layer's device, cpu, got device meta"
    ):
        QuadraticAttention(1, 2, 4)(torch.zeros(1, 1, 5, 7, device="meta"))


def test_a_frozen_convolution_gives_a_frozen_layer_in_its_mode():
    conv = nn.Conv2d(2, 3, 3).eval()
    layer = conv_as_attention(conv)
    assert all(parameter.requires_grad for parameter in layer.parameters())
    assert not any(module.training for module in layer.modules())
    assert not any(parameter.requires_grad for parameter in conv_as_attention(conv.requires_grad_(False)).parameters())
