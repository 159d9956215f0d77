"""Published sizes: exact parameter counts, and the multiply-adds of one image."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course_attn.vision.vit import ViT
from course_attn.vision.vit_sizes import CONFIGURATIONS, multiply_adds, named_vit

# With 1000 classes, as published; DINOv2's without head, and without its mask token of 384 numbers.
PARAMETERS = {
    "tiny_16": 5_717_416,
    "small_16": 22_050_664,
    "base_16": 86_567_656,
    "base_32": 88_224_232,
    "large_16": 304_326_632,
    "small_14": 22_056_192,
}


def build(name):
    options = {"num_classes": None, "layer_scale": 1.0} if name == "small_14" else {}
    with torch.device("meta"):  # counted, not filled
        return named_vit(name, **options)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_parameters_are_those_published(name):
    assert sum(p.numel() for p in build(name).parameters()) == PARAMETERS[name]


def test_every_configuration_has_its_row():
    assert set(PARAMETERS) == set(CONFIGURATIONS)


@pytest.mark.parametrize(("name", "billions"), [("tiny_16", 1.25), ("small_16", 4.60), ("base_16", 17.56)])
def test_multiply_adds_are_those_published(name, billions):
    assert multiply_adds(build(name))["total"] / 1e9 == pytest.approx(billions, abs=0.01)


@pytest.mark.parametrize("pool", ["class", "mean"])
@pytest.mark.parametrize("num_classes", [5, None])
def test_multiply_adds_are_what_torch_counts(pool, num_classes):
    model = ViT((6, 10), 2, 3, 8, 2, 3, 13, num_classes, pool=pool)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros(1, 3, 6, 10), return_weights=True)
    counts = multiply_adds(model)
    assert 2 * counts["total"] == counter.get_total_flops()
    assert sum(count for name, count in counts.items() if name != "total") == counts["total"]


def test_multiply_adds_by_hand():
    # One patch of 2 x 2 pixels and a class token: N = 2 tokens of width 4.
    counts = multiply_adds(ViT(2, 2, 1, 4, 1, 1, 3, 5))
    expected = {"patches": 4 * 4, "projections": 4 * 2 * 16, "attention": 2 * 4 * 4, "feed_forward": 2 * 2 * 4 * 3}
    expected |= {"head": 20}
    assert counts == expected | {"total": sum(expected.values())}


def test_options_pass_through():
    model = named_vit("tiny_16", 10, image_size=(32, 48), positions="sines_2d", pool="mean")
    assert model.grid == (2, 3)
    assert isinstance(model.head, nn.Linear)
    assert model(torch.zeros(1, 3, 32, 48)).shape == (1, 10)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match=r"named_vit: name must be one of 'tiny_16', .*, got str 'huge'"):
        named_vit("huge")


def test_another_model_is_refused():
    with pytest.raises(ValueError, match="multiply_adds: model must be a ViT, got Linear"):
        multiply_adds(nn.Linear(2, 3))
