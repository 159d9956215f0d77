"""DINOv2: made-up weights against the formula, the real ones against stored reference outputs."""

import re

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from course_attn.files import FileUnavailable
from course_attn.positional import interpolate_positions
from course_attn.pretrained.dinov2 import MEAN, SPREAD, DINOv2, crop_to_patches, fill_dinov2, load_dinov2, read_onnx
from course_attn.vision.vit import ViT

D, H, LAYERS, D_FF, P, GRID = 6, 3, 2, 5, 2, (3, 5)


def made_up():
    """Tensors with DINOv2's names, of a very small DINOv2."""
    shapes = {
        "embeddings.cls_token": (1, 1, D),
        "embeddings.position_embeddings": (1, 1 + GRID[0] * GRID[1], D),
        "embeddings.patch_embeddings.projection.weight": (D, 3, P, P),
        "embeddings.patch_embeddings.projection.bias": (D,),
        "layernorm.weight": (D,),
        "layernorm.bias": (D,),
    }
    for i in range(LAYERS):
        layer = {
            "mlp.fc1": (D_FF, D),
            "mlp.fc2": (D, D_FF),
            "attention.output.dense": (D, D),
            "norm1": (D,),
            "norm2": (D,),
        }
        layer |= {f"attention.attention.{part}": (D, D) for part in ("query", "key", "value")}
        for name, shape in layer.items():
            shapes |= {f"encoder.layer.{i}.{name}.weight": shape, f"encoder.layer.{i}.{name}.bias": shape[:1]}
        shapes |= {f"encoder.layer.{i}.layer_scale{n}.lambda1": (D,) for n in (1, 2)}
    generator = torch.Generator().manual_seed(2)
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def tiny(tensors=None):
    size = (GRID[0] * P, GRID[1] * P)
    vit = ViT(size, P, 3, D, H, LAYERS, D_FF, None, layer_scale=1.0)
    fill_dinov2(vit, made_up() if tensors is None else tensors)
    return DINOv2(vit).eval()


def images(height, width, batch=2):
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(3))


def by_formula(t, x, grid):
    """DINOv2 written out with torch's functions and the file's names."""
    mean, spread = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = (x - mean[:, None, None]) / spread[:, None, None]
    patch = "embeddings.patch_embeddings.projection"
    x = F.conv2d(x, t[f"{patch}.weight"], t[f"{patch}.bias"], stride=P).flatten(2).transpose(1, 2)
    x = torch.cat([t["embeddings.cls_token"].expand(len(x), -1, -1), x], 1)
    table = t["embeddings.position_embeddings"][0]
    x = x + (table if grid == GRID else interpolate_positions(table, GRID, grid, 1))
    for i in range(LAYERS):

        def linear(name, y, i=i):
            return F.linear(y, t[f"encoder.layer.{i}.{name}.weight"], t[f"encoder.layer.{i}.{name}.bias"])

        def norm(name, y, i=i):
            return F.layer_norm(
                y, (D,), t[f"encoder.layer.{i}.{name}.weight"], t[f"encoder.layer.{i}.{name}.bias"], 1e-6
            )

        y = norm("norm1", x)
        q, k, v = (
            linear(f"attention.attention.{part}", y).unflatten(-1, (H, -1)).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = x + linear("attention.output.dense", y) * t[f"encoder.layer.{i}.layer_scale1.lambda1"]
        y = linear("mlp.fc2", F.gelu(linear("mlp.fc1", norm("norm2", x))))
        x = x + y * t[f"encoder.layer.{i}.layer_scale2.lambda1"]
    return F.layer_norm(x, (D,), t["layernorm.weight"], t["layernorm.bias"], 1e-6)


@pytest.mark.parametrize("grid", [GRID, (2, 7), (7, 3)])
def test_equal_to_the_formula_with_made_up_weights(grid):
    x = images(grid[0] * P, grid[1] * P)
    out = tiny()(x)
    assert out.shape == (2, 1 + grid[0] * grid[1], D)
    torch.testing.assert_close(out, by_formula(made_up(), x, grid))


def test_at_its_own_size_it_is_the_vit():
    model, x = tiny(), images(6, 10)
    mean, spread = (torch.tensor(numbers)[:, None, None] for numbers in (MEAN, SPREAD))
    torch.testing.assert_close(model(x), model.vit.features((x - mean) / spread))


def test_patches_maps_and_rollout():
    model, x = tiny(), images(4, 14)
    torch.testing.assert_close(model.patch_tokens(x)[1, 1, 2], model(x)[1, 1 + 7 + 2])
    weights, maps = model.weights(x), model.class_maps(x)
    assert [w.shape for w in weights] == [(2, H, 15, 15)] * LAYERS
    assert maps.shape == (2, LAYERS, H, 2, 7)
    torch.testing.assert_close(maps[1, 1, 2, 1, 3], weights[1][1, 2, 0, 1 + 7 + 3])
    eye = torch.eye(15)
    product = (weights[1].mean(1) + eye) / 2 @ ((weights[0].mean(1) + eye) / 2)
    torch.testing.assert_close(model.rollout(x), product[:, 0, 1:].reshape(2, 2, 7))


def test_every_parameter_is_filled_and_every_tensor_used():
    vit = ViT((GRID[0] * P, GRID[1] * P), P, 3, D, H, LAYERS, D_FF, None, layer_scale=1.0)
    with torch.no_grad():
        for parameter in vit.parameters():
            parameter.fill_(torch.nan)
    fill_dinov2(vit, made_up() | {"embeddings.mask_token": torch.zeros(1, D)})
    assert all(bool(parameter.isfinite().all()) for parameter in vit.parameters())
    with pytest.raises(ValueError, match=re.escape("1 left over, such as embeddings.register_tokens")):
        fill_dinov2(vit, made_up() | {"embeddings.register_tokens": torch.zeros(1, 4, D)})
    with pytest.raises(ValueError, match=re.escape("layer_scale1.lambda1 must be in the file")):
        fill_dinov2(vit, {k: v for k, v in made_up().items() if not k.endswith("layer.1.layer_scale1.lambda1")})


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (images(5, 10), "DINOv2: images must be of sides that are multiples of 2, got shape (2, 3, 5, 10), float32"),
        (images(6, 9), "(crop_to_patches(images) cuts what is over)"),
        (images(6, 10)[:, :1], "DINOv2: images must be of shape (B, 3, H, W), got shape (2, 1, 6, 10)"),
        (images(6, 10)[0], "DINOv2: images must be of shape (B, 3, H, W)"),
        ((255 * images(6, 10)).byte(), "DINOv2: images must be a floating-point tensor"),
        (255 * images(6, 10), "DINOv2: images must be from 0 to 1, got 0."),
        (images(6, 10) - 0.5, "DINOv2: images must be from 0 to 1, got -0."),
        (images(6, 10) * torch.nan, "DINOv2: images must be from 0 to 1, got nan to nan (divide bytes by 255)"),
    ],
)
def test_bad_images(x, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        tiny()(x)


def test_crop_to_patches():
    x = torch.arange(35.0).reshape(5, 7)
    assert torch.equal(crop_to_patches(x, 3), x[1:4, 0:6])
    assert torch.equal(crop_to_patches(x, 5), x[:, 1:6])
    assert crop_to_patches(images(31, 44)).shape == (2, 3, 28, 42)
    for side in (0, -14, 2.0):
        with pytest.raises(ValueError, match="crop_to_patches: patch_size must be a whole number of at least 1, got"):
            crop_to_patches(x, side)
    with pytest.raises(ValueError, match=re.escape("crop_to_patches: images must be of sides of at least 14")):
        crop_to_patches(images(13, 28))


def test_a_vit_it_cannot_use():
    vit = ViT(6, P, 3, D, H, LAYERS, D_FF, None, pool="mean")
    with pytest.raises(ValueError, match="DINOv2: vit must be one with a class token and learned positions"):
        DINOv2(vit)


def write_onnx(path):
    """A graph as torch's exporter writes it: biases by name, weights transposed under numbers."""
    onnx = pytest.importorskip("onnx", reason="onnx, which writes and reads the format, is not installed")
    tensors, nodes, stored = made_up(), [], {}
    for number, (name, tensor) in enumerate(tensors.items()):
        if name == "embeddings.position_embeddings":
            stored[f"onnx::Reshape_{number}"], stored["onnx::Concat_1"] = tensor[:, 1:], tensor[:, :1]
        elif tensor.dim() == 2:
            stored[f"onnx::MatMul_{number}"] = tensor.T.contiguous()
            node = f"/backbone/{name.removesuffix('.weight').replace('.', '/').replace('layer/', 'layer.')}/MatMul"
            nodes.append(onnx.helper.make_node("MatMul", ["x", f"onnx::MatMul_{number}"], [f"y{number}"], name=node))
        else:
            stored[f"backbone.{name}"] = tensor
    stored["decoder.bias"] = torch.ones(3)  # another part of the file
    initial = [onnx.numpy_helper.from_array(np.ascontiguousarray(t.numpy()), name) for name, t in stored.items()]
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph(nodes, "made up", [], [], initial)), str(path))
    return tensors


def test_reading_an_onnx_file(tmp_path):
    tensors = write_onnx(tmp_path / "model.onnx")
    read = read_onnx(tmp_path / "model.onnx")
    assert set(read) == set(tensors)
    for name, tensor in tensors.items():
        assert torch.equal(read[name], tensor), name


def test_an_onnx_file_cut_short(tmp_path):
    path = tmp_path / "model.onnx"
    write_onnx(path)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(FileUnavailable, match=re.escape("model.onnx is no whole ONNX file")):
        read_onnx(path)


def made_up_image(height, width):
    """The image of tests/golden/make_pretrained.py."""
    y, x = torch.arange(height)[:, None], torch.arange(width)[None]
    disc = (y - height // 2) ** 2 + (x - width // 3) ** 2 < (height // 4) ** 2
    return torch.stack([(7 * y + 3 * x) % 256, (x * y) % 251, 255 * disc])[None] / 255


@pytest.mark.slow
def test_the_real_one_against_the_reference(real_weights, golden):
    real_weights("dinov2")
    model, stored = load_dinov2(), golden("dinov2")
    assert sum(parameter.numel() for parameter in model.parameters()) == 22_056_192
    image = made_up_image(224, 224)
    with torch.no_grad():
        tokens = model(image)
    torch.testing.assert_close(tokens[:, ::4], stored["every_fourth_token"], atol=1e-4, rtol=1e-4)
    class_row = model.weights(image)[-1][:, :, 0]
    torch.testing.assert_close(class_row, stored["class_row"], atol=1e-4, rtol=0)


@pytest.mark.slow
def test_the_real_one_at_another_size(real_weights):
    """Features of a scene hardly change when it is seen larger: the positions are stretched the right way."""
    real_weights("dinov2")
    model, image = load_dinov2(), made_up_image(224, 224)
    with torch.no_grad():
        small = model(image)[:, 0]
        large = model(F.interpolate(image, size=(280, 280), mode="bilinear").clamp(0, 1))[:, 0]
        other = model(made_up_image(224, 224).flip(1))[:, 0]  # other colours
    assert F.cosine_similarity(small, large) > F.cosine_similarity(small, other)
    assert model.rollout(image).shape == (1, 16, 16)


def test_images_on_another_device_are_named():
    with pytest.raises(ValueError, match="DINOv2: images must be on the layer's device, cpu, got device meta"):
        tiny()(images(4, 6).to("meta"))
