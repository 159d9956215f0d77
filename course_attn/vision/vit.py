"""The vision transformer: patches as words, an encoder over them, and one token to answer for the image."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn._checks import (
    check_axes,
    check_choice,
    check_count,
    check_finite,
    check_multiple,
    check_pair,
    check_positive,
    describe,
    error,
)
from course_attn._readable import numbers_can_be_read
from course_attn.blocks import EncoderBlock, FeedForward
from course_attn.multi_head import MultiHeadAttention
from course_attn.positional import (
    Learned2d,
    LearnedPositions,
    RelativeBias2d,
    Sines2d,
    SinusoidalPositions,
    interpolate_positions,
)
from course_attn.vision.patches import PatchEmbedding

POSITIONS = ("none", "learned", "sines", "sines_2d", "learned_2d", "relative")


class ViT(nn.Module):
    r"""Classify an image by attention over its patches.

    .. math:: z_0 = [x_\mathrm{class};\, E x_1;\, \dots;\, E x_N] + P, \qquad
        z_l = \mathrm{block}_l(z_{l-1}), \qquad y = W\, \mathrm{norm}(z_L)_\mathrm{class}

    Args:
        image_size: Side of the image, or ``(height, width)``, in pixels.
        patch_size: ``P``; divides both sides.
        channels: ``C`` of the image.
        d_model: ``D``.
        num_heads: ``h``.
        num_layers: How many encoder blocks.
        d_ff: Width of the feed-forward layers.
        num_classes: Width of the answer; None for no head: the answer is then the pooled token itself.
        pool: ``"class"``: a learned token in front answers. ``"mean"``: no such token, the patches' mean answers.
        positions: ``"none"``; ``"learned"`` (a row for each token, as in the paper); ``"sines"`` along the row of
            tokens; ``"sines_2d"``; ``"learned_2d"``; ``"relative"`` (a bias on the scores, for each layer its own);
            or a module that maps ``(B, N, D)`` to ``(B, N, D)``, class token first.
        dropout: Probability, while training, within the blocks.
        layer_scale: Start of the learned factors on each block's two branches; None for none.

    Raises:
        ValueError: If a size is not a positive whole number or does not divide, or a name is unknown; in
            ``forward``, if the images are of another size.

    Source: Dosovitskiy et al., 2021, equations 1 to 4, arXiv 2010.11929; layer scale: Touvron et al., 2021,
        arXiv 2103.17239.
    Chapter: Vision transformer.
    """

    def __init__(
        self,
        image_size: int | tuple[int, int],
        patch_size: int,
        channels: int,
        d_model: int,
        num_heads: int,
        num_layers: int,
        d_ff: int,
        num_classes: int | None,
        *,
        pool: str = "class",
        positions: str | nn.Module = "learned",
        dropout: float = 0.0,
        layer_scale: float | None = None,
    ):
        super().__init__()
        check_choice("ViT", "pool", pool, ("class", "mean"))
        check_count("ViT", "num_layers", num_layers)
        self.image_size, self.grid = _sizes(image_size, patch_size)
        self.d_ff, self.num_prefix = d_ff, 1 if pool == "class" else 0
        self.embed = PatchEmbedding(patch_size, channels, d_model)
        self.class_token = nn.Parameter(torch.zeros(1, 1, d_model)) if pool == "class" else None
        self.positions, bias = _positions(positions, self.grid, self.num_prefix, d_model, num_heads)
        self.blocks = nn.ModuleList(
            _block(d_model, num_heads, d_ff, dropout, bias(), layer_scale) for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(d_model, eps=1e-6)
        self.head: nn.Module = nn.Identity()
        if num_classes is not None:
            check_count("ViT", "num_classes", num_classes)
            self.head = nn.Linear(d_model, num_classes)
        self._start()

    def forward(self, images: Tensor, return_weights: bool = False) -> Tensor | tuple[Tensor, list[Tensor]]:
        """Classify.

        Args:
            images: ``(B, C, H, W)``.
            return_weights: Also return every layer's weights.

        Returns:
            Logits ``(B, num_classes)``; with weights, a pair with one ``(B, h, N, N)`` for each layer, class token
            first.
        """
        tokens, weights = self._encode(images, return_weights)
        pooled = tokens[:, 0] if self.class_token is not None else tokens.mean(1)  # (B, D)
        logits = self.head(pooled)
        return (logits, weights) if return_weights else logits

    def features(self, images: Tensor) -> Tensor:
        """Return all tokens ``(B, N, D)`` after the last norm: the class token, if there is one, then the patches."""
        return self._encode(images, False)[0]

    def _encode(self, images: Tensor, return_weights: bool) -> tuple[Tensor, list[Tensor]]:
        check_axes("ViT", "images", images, "B", self.embed.channels, *self.image_size, like=self.embed.project)
        tokens = self.embed(images)  # (B, H W / P P, D)
        if self.class_token is not None:
            tokens = torch.cat([self.class_token.expand(tokens.shape[0], -1, -1), tokens], dim=1)  # (B, N, D)
        tokens = self.positions(tokens)
        maps: list[Tensor] = []
        for block in self.blocks:
            tokens = _keeping_weights(block, tokens, maps) if return_weights else block(tokens)
        return self.norm(tokens), maps

    def _start(self) -> None:
        """Small random weights, no biases, as DeiT's code starts linear layers and class token; not the positions."""
        if not numbers_can_be_read(self.norm.weight):
            return  # torch's own drawing looks at its numbers
        for part in (self.embed, self.blocks, self.head):
            for module in part.modules():
                if isinstance(module, nn.Linear):
                    nn.init.trunc_normal_(module.weight, std=0.02)
                    nn.init.zeros_(module.bias)
        if self.class_token is not None:
            nn.init.trunc_normal_(self.class_token, std=0.02)

    def resized(self, image_size: int | tuple[int, int]) -> ViT:
        """Return a copy for images of another size, its positions stretched to the new grid.

        Args:
            image_size: The new side or sides, multiples of the patch size.

        Returns:
            A new model; the parameters are copies, trained or not as these are.

        Raises:
            ValueError: If the sides do not divide, or the positions are relative or a module of your own: nothing says
                how to stretch those.

        Source: Dosovitskiy et al., 2021, section 3.2, arXiv 2010.11929.
        Chapter: Vision transformer.
        """
        mode = getattr(self.norm.weight, "fake_mode", None)  # FakeTensorMode's tensors share it: it is no part to copy
        other = copy.deepcopy(self, {id(mode): mode})
        other.image_size, other.grid = _sizes(image_size, self.embed.patch_size)
        old = self.positions
        with torch.no_grad():
            if isinstance(old, LearnedPositions):
                table = interpolate_positions(old.table, self.grid, other.grid, self.num_prefix)
                other.positions.table = nn.Parameter(table.clone(), old.table.requires_grad)
            elif isinstance(old, Learned2d):
                for name, before, after in zip(("rows", "columns"), self.grid, other.grid, strict=True):
                    part = getattr(old, name)
                    table = interpolate_positions(part, before, after)
                    setattr(other.positions, name, nn.Parameter(table.clone(), part.requires_grad))
            elif isinstance(old, Sines2d):
                sines = Sines2d(other.grid, old.table.shape[1], self.num_prefix)
                other.positions = sines.to(old.table).train(old.training)
            elif not isinstance(old, (nn.Identity, SinusoidalPositions)) or _has_bias(self):
                raise error("ViT.resized", "positions", "none, sines or a learned table", describe(old))
        return other


class LayerScale(nn.Module):
    """A layer whose output is multiplied by a learned factor for each channel.

    Args:
        layer: What is scaled; if it returns a pair, the first part is.
        d_model: ``D``.
        start: The factors at the start; small ones let deep models start near the identity.

    Source: Touvron et al., 2021, section 3, arXiv 2103.17239.
    Chapter: Vision transformer.
    """

    def __init__(self, layer: nn.Module, d_model: int, start: float):
        super().__init__()
        check_count("LayerScale", "d_model", d_model)
        check_positive("LayerScale", "start", start)
        check_finite("LayerScale", "start", start)
        self.layer = layer
        self.factors = nn.Parameter(torch.full((d_model,), float(start)))

    def forward(self, *inputs: Tensor, **options: object) -> Tensor | tuple[Tensor, Tensor]:
        """Call the layer, scale what comes out, ``(B, N, D)``."""
        output = self.layer(*inputs, **options)
        return (output[0] * self.factors, output[1]) if isinstance(output, tuple) else output * self.factors


def _block(
    d_model: int,
    num_heads: int,
    d_ff: int,
    dropout: float,
    bias: RelativeBias2d | None,
    layer_scale: float | None,
) -> EncoderBlock:
    attention: nn.Module = MultiHeadAttention(d_model, num_heads, dropout=dropout, score_bias=bias)
    feed_forward: nn.Module = FeedForward(d_model, d_ff, F.gelu, dropout)
    if layer_scale is not None:
        attention = LayerScale(attention, d_model, layer_scale)
        feed_forward = LayerScale(feed_forward, d_model, layer_scale)
    norm = partial(nn.LayerNorm, eps=1e-6)
    return EncoderBlock(d_model, attention, feed_forward, norm="before", dropout=dropout, make_norm=norm)


def _has_bias(model: nn.Module) -> bool:
    return any(isinstance(module, RelativeBias2d) for module in model.modules())


def _keeping_weights(block: Any, tokens: Tensor, maps: list[Tensor]) -> Tensor:
    """What an ``EncoderBlock`` does, with the attention's weights kept on the way."""

    def attention(x: Tensor) -> Tensor:
        output, weights = block.attention(x, return_weights=True)
        maps.append(weights)
        return output

    return block.around_feed_forward(block.around_attention(tokens, attention), block.feed_forward)


def _sizes(image_size: int | tuple[int, int], patch_size: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Height and width in pixels, and in patches."""
    check_count("ViT", "patch_size", patch_size)
    pair = (image_size, image_size) if isinstance(image_size, int) else image_size
    check_pair("ViT", "image_size", pair)
    for side in pair:
        check_multiple("ViT", "image_size", side, patch_size)
    return (pair[0], pair[1]), (pair[0] // patch_size, pair[1] // patch_size)


def _positions(
    positions: str | nn.Module, grid: tuple[int, int], num_prefix: int, d_model: int, num_heads: int
) -> tuple[nn.Module, Callable[[], RelativeBias2d | None]]:
    """What is added to the tokens, and what makes each block's bias."""
    if isinstance(positions, nn.Module):
        return positions, lambda: None
    check_choice("ViT", "positions", positions, POSITIONS)
    if positions == "relative":
        return nn.Identity(), lambda: RelativeBias2d(num_heads, grid, num_prefix)
    added: dict[str, Callable[[], nn.Module]] = {
        "none": nn.Identity,
        "learned": lambda: LearnedPositions(num_prefix + math.prod(grid), d_model),
        "sines": lambda: SinusoidalPositions(d_model),
        "sines_2d": lambda: Sines2d(grid, d_model, num_prefix),
        "learned_2d": lambda: Learned2d(grid, d_model, num_prefix),
    }
    return added[positions](), lambda: None
