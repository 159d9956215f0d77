"""The vision transformer."""

import math

import pytest
import torch
from specification import normal
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from course_attn.positional import interpolate_positions, sines_2d, sinusoidal_encoding
from course_attn.recording import record_weights
from course_attn.vision.vit import POSITIONS, LayerScale, ViT


def small(image_size=(6, 10), num_classes=7, **options):
    model = ViT(image_size, 2, 3, 8, 2, 2, 13, num_classes, **options).double().eval()
    for parameter in model.parameters():  # away from the start, where biases are 0 and positions tiny
        nn.init.normal_(parameter, std=0.3)
    return model


IMAGES = normal(2, 3, 6, 10)


def by_hand(model, images):
    """Equations 1 to 4 of the paper for a model with class token and learned rows, from its own numbers."""
    w = model.state_dict()
    patches = F.unfold(images, 2, stride=2).transpose(1, 2)
    tokens = patches @ w["embed.project.weight"].T + w["embed.project.bias"]
    tokens = torch.cat([w["class_token"].expand(len(images), 1, 8), tokens], dim=1) + w["positions.table"]

    def norm(x, name):
        mean, variance = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, correction=0)
        return (x - mean) / (variance + 1e-6).sqrt() * w[f"{name}.weight"] + w[f"{name}.bias"]

    for layer in range(2):
        at = f"blocks.{layer}"
        x = norm(tokens, f"{at}.around_attention.norm")
        query, key, value = (x @ w[f"{at}.attention.qkv.weight"].T + w[f"{at}.attention.qkv.bias"]).split(8, dim=-1)
        heads = []
        for head in range(2):
            part = slice(4 * head, 4 * head + 4)
            scores = query[..., part] @ key[..., part].transpose(1, 2) / math.sqrt(4)
            heads.append(torch.softmax(scores, dim=-1) @ value[..., part])
        mixed = torch.cat(heads, dim=-1) @ w[f"{at}.attention.output.weight"].T + w[f"{at}.attention.output.bias"]
        tokens = tokens + mixed
        x = norm(tokens, f"{at}.around_feed_forward.norm")
        x = x @ w[f"{at}.feed_forward.inner.weight"].T + w[f"{at}.feed_forward.inner.bias"]
        x = x * (1 + torch.erf(x / math.sqrt(2))) / 2  # GELU
        tokens = tokens + x @ w[f"{at}.feed_forward.outer.weight"].T + w[f"{at}.feed_forward.outer.bias"]
    return norm(tokens, "norm")[:, 0] @ w["head.weight"].T + w["head.bias"]


def test_the_whole_model_is_the_papers_equations():
    model = small()
    assert_close(model(IMAGES), by_hand(model, IMAGES))


@pytest.mark.parametrize("pool", ["class", "mean"])
@pytest.mark.parametrize("positions", POSITIONS)
def test_every_kind_learns(positions, pool):
    model = ViT((6, 10), 2, 3, 8, 2, 2, 13, 7, positions=positions, pool=pool)
    logits, weights = model(IMAGES.float(), return_weights=True)
    length = 15 + (pool == "class")
    assert logits.shape == (2, 7)
    assert [tuple(w.shape) for w in weights] == [(2, 2, length, length)] * 2
    assert_close(model(IMAGES.float()), logits)
    F.cross_entropy(logits, torch.tensor([0, 3])).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("layer_scale", [None, 0.1])
def test_asking_for_weights_changes_nothing(positions, layer_scale):
    model = small(positions=positions, layer_scale=layer_scale)
    logits, weights = model(IMAGES, return_weights=True)
    assert_close(model(IMAGES), logits)
    for layer in weights:
        assert_close(layer.sum(-1), torch.ones(2, 2, 16, dtype=torch.float64))


def shuffled_patches(images):
    """The same patches in another order."""
    patches = F.unfold(images, 2, stride=2)[..., torch.randperm(patches_of(images))]
    return F.fold(patches, images.shape[-2:], 2, stride=2)


def patches_of(images):
    return images.shape[-1] * images.shape[-2] // 4


@pytest.mark.parametrize("positions", POSITIONS)
def test_only_without_positions_the_order_of_patches_does_not_matter(positions):
    model = small(positions=positions)
    same = torch.allclose(model(shuffled_patches(IMAGES)), model(IMAGES), atol=1e-9)
    assert same == (positions == "none")


@pytest.mark.parametrize(
    ("positions", "expected"),
    [("sines", sinusoidal_encoding(16, 8)), ("sines_2d", F.pad(sines_2d(3, 5, 8), (0, 0, 1, 0)))],
)
def test_what_the_names_add(positions, expected):
    assert_close(small(positions=positions).positions(torch.zeros(1, 16, 8))[0], expected, check_dtype=False)


def test_a_module_of_your_own_is_used():
    class Twice(nn.Module):
        def forward(self, tokens):
            return 2 * tokens

    model = small(positions=Twice())
    plain = small(positions="none")
    plain.load_state_dict(model.state_dict())
    assert not torch.allclose(model(IMAGES), plain(IMAGES))
    with torch.no_grad():
        plain.class_token *= 2
        for parameter in plain.embed.parameters():
            parameter *= 2
    assert_close(model(IMAGES), plain(IMAGES))


def test_the_token_that_answers():
    model = small(num_classes=None)
    features = model.features(IMAGES)
    assert features.shape == (2, 16, 8)
    assert_close(model(IMAGES), features[:, 0])
    model = small(num_classes=None, pool="mean")
    features = model.features(IMAGES)
    assert features.shape == (2, 15, 8)
    assert_close(model(IMAGES), features.mean(1))


def test_layer_scale_multiplies_each_branch():
    model = small(layer_scale=0.5)
    folded = small()
    state = model.state_dict()
    plain = {}
    for name, value in state.items():
        if name.endswith("factors"):
            continue
        name = name.replace(".layer.", ".")
        for branch, last in (("attention", "output"), ("feed_forward", "outer")):
            if f".{branch}.{last}." in name:
                factors = state[f"{name.split(f'.{branch}.')[0]}.{branch}.factors"]
                value = value * (factors[:, None] if value.dim() == 2 else factors)
        plain[name] = value
    folded.load_state_dict(plain)
    assert_close(model(IMAGES), folded(IMAGES))
    assert_close(LayerScale(nn.Identity(), 3, 2)(torch.ones(1, 2, 3)), torch.full((1, 2, 3), 2.0))


def test_dropout_acts_in_training_only():
    model = small(dropout=0.5)
    assert_close(model(IMAGES), model(IMAGES))
    model.train()
    assert not torch.allclose(model(IMAGES), model(IMAGES))


def test_resized_stretches_learned_positions_and_keeps_the_rest():
    model = small()
    larger = model.resized((12, 14))
    assert larger(normal(2, 3, 12, 14)).shape == (2, 7)
    assert_close(larger.positions.table, interpolate_positions(model.positions.table, (3, 5), (6, 7), num_prefix=1))
    assert larger.positions.table.requires_grad
    assert_close(larger.head.weight, model.head.weight)
    assert model(IMAGES).shape == (2, 7), "the model itself is as before"
    assert_close(model.resized((6, 10))(IMAGES), model(IMAGES))


@pytest.mark.parametrize("positions", ["none", "learned", "sines", "sines_2d", "learned_2d"])
def test_resized_keeps_what_is_frozen_the_mode_and_the_dtype(positions):
    model = ViT(8, 2, 3, 8, 2, 1, 16, 5, positions=positions).double().eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    other = model.resized((12, 6))
    assert not any(parameter.requires_grad for parameter in other.parameters())
    assert not any(module.training for module in other.modules())
    assert all(x.dtype == torch.float64 for x in (*other.parameters(), *other.buffers()))
    learned = model.requires_grad_().train().resized((12, 6))
    assert all(parameter.requires_grad for parameter in learned.parameters())
    assert all(module.training for module in learned.modules())


@pytest.mark.parametrize("pool", ["class", "mean"])
@pytest.mark.parametrize("positions", ["none", "learned", "sines", "sines_2d", "learned_2d"])
def test_resized_for_every_kind_that_can(positions, pool):
    larger = small(positions=positions, pool=pool).resized(8)
    assert larger(normal(2, 3, 8, 8)).shape == (2, 7)
    if positions == "sines_2d":
        zeros = torch.zeros(1, 16 + (pool == "class"), 8, dtype=torch.float64)
        assert_close(larger.positions(zeros)[0, -16:], sines_2d(4, 4, 8).double())
    if positions == "learned_2d":
        assert larger.positions.rows.shape == larger.positions.columns.shape == (4, 4)


def test_the_model_starts_small():
    model = ViT(8, 2, 3, 101, 1, 1, 13, 7)
    assert 0.015 < model.blocks[0].attention.qkv.weight.std() < 0.025
    assert not model.head.bias.any()


def test_a_module_of_your_own_keeps_its_start():
    mine = nn.Linear(8, 8)
    before = mine.weight.detach().clone()
    model = ViT(8, 2, 3, 8, 2, 2, 13, 7, positions=mine)
    assert torch.equal(model.positions.weight, before)


def test_recorded_weights_are_those_returned():
    model = small(layer_scale=0.1)
    with record_weights(model) as records:
        logits = model(IMAGES)
    expected, weights = model(IMAGES, return_weights=True)
    assert_close(logits, expected)
    assert_close(list(records.values()), weights)


@pytest.mark.parametrize("positions", POSITIONS)
def test_it_computes_where_its_weights_are(positions):
    """The meta device holds no numbers, but refuses to mix with tensors of another device."""
    model = small(positions=positions, layer_scale=0.1).to("meta")
    logits, _ = model(IMAGES.to("meta"), return_weights=True)
    assert logits.device.type == model(IMAGES.to("meta")).device.type == "meta"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ViT(7, 2, 3, 8, 2, 2, 13, 7), "ViT: image_size must be a multiple of 2, got 7"),
        (lambda: ViT((8, 9), 2, 3, 8, 2, 2, 13, 7), "ViT: image_size must be a multiple of 2, got 9"),
        (lambda: ViT("8", 2, 3, 8, 2, 2, 13, 7), r"ViT: image_size must be a pair \(height, width\)"),
        (lambda: ViT(8, 0, 3, 8, 2, 2, 13, 7), "ViT: patch_size must be"),
        (lambda: ViT(8, 2, 3, 8, 2, 0, 13, 7), "ViT: num_layers must be"),
        (lambda: ViT(8, 2, 3, 8, 3, 2, 13, 7), "d_model must be a multiple of 3, got 8"),
        (lambda: ViT(8, 2, 3, 8, 2, 2, 13, 0), "ViT: num_classes must be"),
        (lambda: ViT(8, 2, 3, 8, 2, 2, 13, 7, pool="max"), "ViT: pool must be one of 'class', 'mean', got str 'max'"),
        (lambda: ViT(8, 2, 3, 8, 2, 2, 13, 7, positions="2d"), "ViT: positions must be one of 'none', 'learned'"),
        (lambda: ViT(8, 2, 3, 8, 2, 2, 13, 7, layer_scale=0), "LayerScale: start must be a number greater than 0"),
        (
            lambda: small()(normal(2, 3, 10, 6)),
            r"ViT: images must be of shape \(B, 3, 6, 10\), got shape \(2, 3, 10, 6\)",
        ),
        (
            lambda: small(positions="relative").resized(8),
            "ViT.resized: positions must be none, sines or a learned table",
        ),
        (
            lambda: small(positions=nn.Tanh()).resized(8),
            "ViT.resized: positions must be none, sines or a learned table",
        ),
        (lambda: small().resized(7), "image_size must be a multiple of 2, got 7"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: ViT(6, 2, 4, 8, 2, 1, 16, 5)(torch.zeros(2, 4, 6, 6).double()),
            "ViT: images must be of the layer's dtype, float32, got shape (2, 4, 6, 6), float64",
        ),
        (
            lambda: LayerScale(nn.Identity(), None, 0.1),
            "LayerScale: d_model must be a whole number of at least 1, got NoneType None",
        ),
        (
            lambda: LayerScale(nn.Identity(), 8, torch.tensor([0.1, 0.2])),
            "LayerScale: start must be a finite number, got shape (2,), float32",
        ),
        (
            lambda: ViT(6, 2, 4, 8, 2, 1, 16, 5, layer_scale=math.inf),
            "LayerScale: start must be a finite number, got float inf",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
