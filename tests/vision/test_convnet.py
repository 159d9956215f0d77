"""The small convolution network."""

import pytest
import torch
from specification import normal
from torch.testing import assert_close

from course_attn.vision.convnet import ConvNet


def test_parameters_are_counted():
    # 9 C_in C_out and two numbers of normalisation for each layer, then the head.
    layers = (9 * 1 * 16 + 32) + (9 * 16 * 32 + 64) + (9 * 32 * 64 + 128) + (9 * 64 * 64 + 128)
    assert sum(p.numel() for p in ConvNet().parameters()) == layers + 64 * 10 + 10 == 61_050
    assert all(p.requires_grad for p in ConvNet().parameters())


@pytest.mark.parametrize("size", [(28, 28), (29, 31)])
def test_shape_and_gradient_for_every_parameter(size):
    model = ConvNet(3, 7)
    logits = model(normal(2, 3, *size, dtype=torch.float32))
    assert logits.shape == (2, 7)
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, 3])).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_a_shift_by_four_shifts_the_features_by_one():
    model = ConvNet().eval()
    image = torch.zeros(1, 1, 40, 40)
    image[..., 12:20, 12:20] = normal(8, 8, dtype=torch.float32)
    shifted = image.roll((4, 4), (-2, -1))
    inside = model.features(image)[..., 2:-3, 2:-3]
    assert_close(model.features(shifted)[..., 3:-2, 3:-2], inside)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ConvNet(in_channels=0), "ConvNet: in_channels must be"),
        (lambda: ConvNet(num_classes=1.5), "ConvNet: num_classes must be"),
        (
            lambda: ConvNet()(torch.zeros(1, 3, 8, 8)),
            r"images must be of shape \(B, 1, H, W\), got shape \(1, 3, 8, 8\)",
        ),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: ConvNet(widths=None),
            "ConvNet: widths must be four widths, one for each convolution, got NoneType None",
        ),
        (
            lambda: ConvNet(widths=(2, 3, 5)),
            "ConvNet: widths must be four widths, one for each convolution, got tuple (2, 3, 5)",
        ),
        (
            lambda: ConvNet(widths=(2, 3, 5, -7)),
            "ConvNet: each of widths must be a whole number of at least 1, got int -7",
        ),
        (
            lambda: ConvNet(widths=(2, 3, 5, "7")),
            "ConvNet: each of widths must be a whole number of at least 1, got str '7'",
        ),
        (
            lambda: ConvNet(widths=[2, 3, 5, 7])(torch.zeros(2, 1, 6, 6).double()),
            "ConvNet: images must be of the layer's dtype, float32, got shape (2, 1, 6, 6), float64",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
