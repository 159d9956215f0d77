"""The SAGAN block."""

import math

import pytest
import torch
from specification import normal
from torch.testing import assert_close

from course_attn import _paths, _unequal
from course_attn.vision.sagan import SaganAttention, map_of_pixel


def block(*arguments, gamma=0.7, **options):
    layer = SaganAttention(*arguments, **options).double().eval()
    with torch.no_grad():
        layer.gamma.fill_(gamma)
    return layer


def by_loops(layer, image):
    """One image (C, H, W), pixel by pixel: question, pooled answers, weighted sum, back to C channels."""
    matrices = {name: getattr(layer, name).weight.detach()[:, :, 0, 0] for name in ("query", "key", "value", "output")}
    _, height, width = image.shape
    pooled = {"key": [], "value": []}
    step = 1 if isinstance(layer.pool, torch.nn.Identity) else 2
    for name, rows in pooled.items():
        for y in range(0, height, step):
            for x in range(0, width, step):
                window = [
                    matrices[name] @ image[:, v, u]
                    for v in range(y, min(y + step, height))
                    for u in range(x, min(x + step, width))
                ]
                rows.append(torch.stack(window).amax(0))
    result, maps = torch.empty_like(image), []
    for y in range(height):
        for x in range(width):
            query = matrices["query"] @ image[:, y, x]
            powers = [math.exp(float(query @ key)) for key in pooled["key"]]
            weights = [p / sum(powers) for p in powers]
            mixture = sum(w * value for w, value in zip(weights, pooled["value"], strict=True))
            result[:, y, x] = image[:, y, x] + layer.gamma.detach() * (matrices["output"] @ mixture)
            maps.append(weights)
    return result, torch.tensor(maps, dtype=image.dtype)


@pytest.mark.parametrize("pool", [True, False])
@pytest.mark.parametrize("size", [(4, 6), (3, 5), (1, 1)])
def test_by_loops(size, pool):
    layer = block(16, pool=pool)
    features = normal(2, 16, *size)
    output, weights = layer(features, return_weights=True)
    for b in range(2):
        expected, maps = by_loops(layer, features[b])
        assert_close(output[b], expected)
        assert_close(weights[b], maps)


@pytest.mark.parametrize(("d_key", "d_value"), [(None, None), (3, 11), (7, 2), (5, 5)])
@pytest.mark.parametrize("pool", [True, False])
def test_fused_is_readable_in_value_and_gradient(d_key, d_value, pool):
    layer = block(16, d_key, d_value, pool)
    features = normal(2, 16, 5, 7).requires_grad_()
    upstream = normal(2, 16, 5, 7, seed=5)
    fused, readable = layer(features), layer(features, return_weights=True)[0]
    assert_close(fused, readable)
    ours = torch.autograd.grad((fused * upstream).sum(), [features, layer.gamma])
    theirs = torch.autograd.grad((readable * upstream).sum(), [features, layer.gamma])
    assert_close(ours, theirs)


@pytest.mark.parametrize("pool", [True, False])
def test_torch_is_given_pixels_in_one_piece(monkeypatch, pool):
    """A transpose makes rows of pixels; handed on as it is, torch would store the weights of a large image."""
    monkeypatch.setattr(_paths, "UNEQUAL_EXPLICIT_BELOW_SCORES", 0)
    original, seen = _unequal.F.scaled_dot_product_attention, []

    def recorded(*tensors, **options):
        seen.append([x.stride(-1) for x in tensors])
        return original(*tensors, **options)

    monkeypatch.setattr(_unequal.F, "scaled_dot_product_attention", recorded)
    layer = block(16, pool=pool)
    features = normal(2, 16, 5, 7)
    with torch.no_grad():
        assert_close(layer(features), layer(features, return_weights=True)[0])
    assert seen == [[1, 1, 1]]


def test_widths_are_those_of_the_paper():
    layer = SaganAttention(24)
    shapes = {name: tuple(getattr(layer, name).weight.shape[:2]) for name in ("query", "key", "value", "output")}
    assert shapes == {"query": (3, 24), "key": (3, 24), "value": (12, 24), "output": (24, 12)}
    assert SaganAttention(24, d_value=3).output.weight.shape[:2] == (24, 3)


def test_the_block_starts_as_the_identity_and_gamma_learns():
    layer = SaganAttention(8)
    features = normal(1, 8, 3, 5, dtype=torch.float32)
    output = layer(features)
    assert torch.equal(output, features)
    output.square().sum().backward()
    assert layer.gamma.grad.abs() > 0


def test_spectral_norm_holds_every_map_to_one():
    layer = SaganAttention(16)
    for _ in range(200):  # the power iteration runs while training
        layer(torch.zeros(1, 16, 2, 2))
    for name in ("query", "key", "value", "output"):
        largest = torch.linalg.matrix_norm(getattr(layer, name).weight[:, :, 0, 0], ord=2)
        assert_close(largest, torch.ones(()), atol=1e-3, rtol=0)


def test_images_of_a_batch_do_not_mix():
    layer = block(8)
    features = normal(3, 8, 3, 5)
    assert_close(layer(features)[1:2], layer(features[1:2]))


def test_gradient():
    layer = block(8, 1, 2)
    assert torch.autograd.gradcheck(layer, (normal(1, 8, 2, 3).requires_grad_(),))


@pytest.mark.parametrize("pool", [True, False])
def test_map_of_a_pixel(pool):
    layer = block(8, pool=pool)
    _, weights = layer(normal(2, 8, 3, 5), return_weights=True)
    got = map_of_pixel(weights, (3, 5), (1, 4))
    grid = (2, 3) if pool else (3, 5)
    assert got.shape == (2, *grid)
    for y in range(grid[0]):
        for x in range(grid[1]):
            assert torch.equal(got[:, y, x], weights[:, 1 * 5 + 4, y * grid[1] + x])


def test_it_computes_where_its_weights_are():
    features = normal(1, 8, 3, 5).to("meta")
    assert block(8).to("meta")(features).device.type == "meta"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SaganAttention(7), "SaganAttention: d_key must be a whole number of at least 1, got int 0"),
        (lambda: SaganAttention(8, d_value=0), "SaganAttention: d_value must be"),
        (lambda: SaganAttention("8"), "SaganAttention: channels must be"),
        (lambda: SaganAttention(8)(torch.zeros(1, 9, 2, 2)), r"features must be of shape \(B, 8, H, W\)"),
        (lambda: map_of_pixel(torch.zeros(1, 15, 6), (3, 4), (0, 0)), r"weights must be of shape \(B, 12, M\)"),
        (lambda: map_of_pixel(torch.zeros(1, 15, 5), (3, 5), (0, 0)), r"weights must be over one of \[6, 15\] keys"),
        (lambda: map_of_pixel(torch.zeros(1, 15, 6), (3, 5), (0, 5)), "pixel must be inside of the 3 x 5 image"),
        (lambda: map_of_pixel(torch.zeros(1, 15, 6), 15, (0, 5)), "image_size must be a pair"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: SaganAttention(8)(torch.zeros(2, 8, 4, 4).double()),
            "SaganAttention: features must be of the layer's dtype, float32, got shape (2, 8, 4, 4), float64",
        ),
        (
            lambda: SaganAttention(None),
            "SaganAttention: channels must be a whole number of at least 1, got NoneType None",
        ),
        (
            lambda: map_of_pixel(torch.zeros(2, 16, 4), (4, 4), 3),
            "map_of_pixel: pixel must be a pair (row, column), got int 3",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
