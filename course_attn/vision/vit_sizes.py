"""Vision transformers of published sizes, and what one image costs them."""

from __future__ import annotations

import math

from torch import nn

from course_attn._checks import check_choice, describe, error
from course_attn.vision.vit import ViT

# d_model, num_heads, num_layers, d_ff, patch_size, image_size: the paper's table 1; tiny and small are DeiT's.
CONFIGURATIONS: dict[str, tuple[int, int, int, int, int, int]] = {
    "tiny_16": (192, 3, 12, 768, 16, 224),
    "small_16": (384, 6, 12, 1536, 16, 224),
    "base_16": (768, 12, 12, 3072, 16, 224),
    "base_32": (768, 12, 12, 3072, 32, 224),
    "large_16": (1024, 16, 24, 4096, 16, 224),
    "small_14": (384, 6, 12, 1536, 14, 518),
}


def named_vit(
    name: str, num_classes: int | None = 1000, *, image_size: int | tuple[int, int] | None = None, **options: object
) -> ViT:
    """Build a ViT of a published size.

    Args:
        name: A name of ``CONFIGURATIONS``: ``"tiny_16"`` and ``"small_16"`` as DeiT-Ti and DeiT-S, ``"base_16"``,
            ``"base_32"`` and ``"large_16"`` as the paper's ViT-B and ViT-L, ``"small_14"`` as DINOv2's ViT-S/14 (which
            has ``layer_scale=1.0`` and ``num_classes=None``).
        num_classes: As in :class:`~course_attn.vision.vit.ViT`.
        image_size: If another than the published one.
        **options: As in :class:`~course_attn.vision.vit.ViT`.

    Returns:
        The model, with fresh weights.

    Raises:
        ValueError: If the name is unknown, or as :class:`~course_attn.vision.vit.ViT`.

    Source: Dosovitskiy et al., 2021, table 1, arXiv 2010.11929; Touvron et al., 2021, table 1, arXiv 2012.12877;
        Oquab et al., 2023, arXiv 2304.07193.
    Chapter: Vision transformer.
    """
    check_choice("named_vit", "name", name, tuple(CONFIGURATIONS))
    d_model, num_heads, num_layers, d_ff, patch_size, published = CONFIGURATIONS[name]
    size = published if image_size is None else image_size
    return ViT(size, patch_size, 3, d_model, num_heads, num_layers, d_ff, num_classes, **options)  # type: ignore[arg-type]


def multiply_adds(model: ViT) -> dict[str, int]:
    """Count the multiply-adds of one image by hand; a FLOP count is twice that.

    Matrix products only: norms, softmax, activations and sums are a few per cent more.

    Args:
        model: The ViT.

    Returns:
        Counts for ``"patches"``, ``"projections"`` (query, key, value, output), ``"attention"`` (scores and
        mixture), ``"feed_forward"``, ``"head"``, and their ``"total"``.

    Raises:
        ValueError: If ``model`` is no :class:`~course_attn.vision.vit.ViT`.

    Chapter: Vision transformer.
    """
    if not isinstance(model, ViT):
        raise error("multiply_adds", "model", "a ViT", describe(model))
    width, num_patches = model.norm.normalized_shape[0], math.prod(model.grid)
    tokens, layers = num_patches + model.num_prefix, len(model.blocks)
    counts = {
        "patches": num_patches * model.embed.project.in_features * width,
        "projections": layers * 4 * tokens * width**2,
        "attention": layers * 2 * tokens**2 * width,
        "feed_forward": layers * 2 * tokens * width * model.d_ff,
        "head": model.head.weight.numel() if isinstance(model.head, nn.Linear) else 0,
    }
    return counts | {"total": sum(counts.values())}
