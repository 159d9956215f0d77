"""Receptive field: the arithmetic, and the gradient that must agree with it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from course_attn.attention import attention
from course_attn.vision.convnet import ConvNet
from course_attn.vision.receptive_field import layers_of, measured_field, receptive_field


@pytest.mark.parametrize(
    ("layers", "side"),
    [
        ([], 1),
        ([(3, 1, 1)], 3),
        ([(3, 1, 1)] * 5, 11),  # one 3 x 3 more: two pixels more
        ([(3, 2, 1), (3, 1, 1)], 7),  # after a stride of 2 a kernel of 3 spans 5 input pixels: 3 + 2 * 2
        ([(3, 1, 1), (3, 1, 2), (3, 1, 4)], 15),  # dilated: 1 + 2 (1 + 2 + 4)
        ([(7, 2, 1), (3, 2, 1)], 11),
    ],
)
def test_by_hand(layers, side):
    assert receptive_field(layers) == side


def seen_along_a_line(layers):
    """Walk back from one output place and collect the input places it was made from."""
    places = {0}
    for kernel, stride, dilation in reversed(layers):
        places = {place * stride + step * dilation for place in places for step in range(kernel)}
    return max(places) - min(places) + 1


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), max_size=4))
def test_arithmetic_is_walking_back(layers):
    assert receptive_field(layers) == seen_along_a_line(layers)


@pytest.mark.parametrize(
    "layers", [[(3, 1, 1)] * 2, [(3, 2, 1), (3, 1, 1)], [(5, 1, 1), (3, 1, 2)], [(3, 1, 1), (2, 2, 1)]]
)
def test_measured_is_the_square_of_theory(layers):
    convolutions = [nn.Conv2d(2, 2, kernel, stride, dilation=dilation) for kernel, stride, dilation in layers]
    seen = measured_field(nn.Sequential(*convolutions), torch.zeros(1, 2, 29, 31))
    rows, columns = seen.any(1).nonzero().flatten(), seen.any(0).nonzero().flatten()
    side = receptive_field(layers)
    assert len(rows) == len(columns) == side
    assert int(rows[-1] - rows[0]) == int(columns[-1] - columns[0]) == side - 1
    assert seen.sum() == side**2


def test_pooling_and_relu_are_found_by_several_images():
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 3, 3), nn.ReLU())
    assert layers_of(model) == [(3, 1, 1), (2, 2, 1), (3, 1, 1)]
    seen = measured_field(model, torch.zeros(1, 1, 23, 23), samples=50)
    assert seen.sum() == receptive_field(layers_of(model)) ** 2 == 64


def test_theory_of_the_convnet_holds():
    model = ConvNet().eval()
    triples = layers_of(model)
    assert triples == [(3, 1, 1), (3, 2, 1), (3, 2, 1), (3, 1, 1)]
    assert receptive_field(triples) == 1 + 2 + 2 + 4 + 8
    seen = measured_field(model.features, torch.zeros(1, 1, 41, 41), samples=20)
    assert seen.sum() == 17**2


def test_one_attention_layer_sees_everything():
    def layer(image):
        rows = image.flatten(2).transpose(1, 2)
        return attention(rows, rows, rows)[0].transpose(1, 2).reshape(image.shape)

    assert measured_field(layer, torch.zeros(1, 2, 5, 7, dtype=torch.float64)).all()


def test_at_the_border_a_part_is_seen():
    seen = measured_field(nn.Conv2d(1, 1, 3, padding=1), torch.zeros(1, 1, 5, 7), pixel=(0, 6))
    assert seen.nonzero().tolist() == [[0, 5], [0, 6], [1, 5], [1, 6]]


def test_channels_of_opposite_sign_do_not_hide_a_pixel():
    model = nn.Conv2d(1, 2, 3, bias=False)
    with torch.no_grad():
        model.weight[1] = -model.weight[0]
    assert measured_field(model, torch.zeros(1, 1, 7, 7)).sum() == 9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: receptive_field([(3, 1)]),
            r"layers must be of triples \(kernel, stride, dilation\), got tuple \(3, 1\)",
        ),
        (
            lambda: receptive_field(3),
            r"receptive_field: layers must be a list of triples \(kernel, stride, dilation\), got int 3",
        ),
        (
            lambda: receptive_field([(3, 0, 1)]),
            "receptive_field: stride must be a whole number of at least 1, got int 0",
        ),
        (lambda: layers_of(nn.Sequential(nn.AdaptiveAvgPool2d(1))), "must be without global pooling"),
        (lambda: layers_of(nn.Conv2d(1, 1, (3, 5))), "must be of square kernels, strides and dilations"),
        (lambda: measured_field(nn.Identity(), torch.zeros(2, 1, 3, 3)), r"image must be of shape \(1, C, H, W\)"),
        (lambda: measured_field(nn.Identity(), torch.zeros(1, 1, 3, 3), samples=0), "samples must be"),
        (
            lambda: measured_field(nn.Flatten(), torch.zeros(1, 1, 3, 3)),
            r"the model's output must be of shape \(1, C, H, W\)",
        ),
        (
            lambda: measured_field(nn.Identity(), torch.zeros(1, 1, 3, 3), (3, 0)),
            r"pixel must be inside of the output, \(3, 3\)",
        ),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_an_image_on_another_device_than_the_model_is_named():
    with pytest.raises(ValueError, match="measured_field: image must be on the model's device, meta, got device cpu"):
        measured_field(nn.Conv2d(1, 1, 3, device="meta"), torch.zeros(1, 1, 5, 5))


def test_the_noise_is_drawn_on_the_cpu_whatever_the_default_device():
    layer, image = nn.Conv2d(1, 1, 3, padding=1), torch.zeros(1, 1, 7, 7)
    wanted = measured_field(layer, image)
    with torch.device("meta"):
        assert torch.equal(measured_field(layer, image), wanted)
