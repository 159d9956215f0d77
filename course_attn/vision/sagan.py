"""The self-attention block of SAGAN: every pixel asks, and is answered by every (pooled) pixel."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from course_attn._checks import check_axes, check_count, check_pair, describe, error
from course_attn.attention import attention, fused_attention
from course_attn.scores import dot_scores


class SaganAttention(nn.Module):
    r"""Attention over the pixels of a feature map, added to it through a factor that starts at 0.

    .. math:: y = x + \gamma\, W_o\, \mathrm{softmax}(\theta(x)\, \phi(x)^\top)\, g(x)

    :math:`\theta` (query), :math:`\phi` (key), :math:`g` (value) and :math:`W_o` are 1 x 1 convolutions under
    spectral normalisation; the scores are not scaled. The defaults are those of the published code: values of
    ``C / 2``, keys and values pooled to half the height and width. The paper has ``C / 8`` for queries, keys and values
    alike and no pooling: ``d_value=C // 8, pool=False``.

    Args:
        channels: ``C`` of the feature map.
        d_key: Width of query and key; ``C // 8`` if left out.
        d_value: Width of the values; ``C // 2`` if left out.
        pool: Pool keys and values (2 x 2, maximum); an odd row or column at the edge makes a smaller window.

    Raises:
        ValueError: If a size is not a positive whole number (``C`` must be at least 8 unless both widths are
            given); in ``forward``, if the feature map has other channels.

    Source: Zhang, Goodfellow, Metaxas & Odena, 2019, section 3, arXiv 1805.08318; the width of the values and the
        pooling: its published code.
    Chapter: Convolution and self-attention.
    """

    def __init__(self, channels: int, d_key: int | None = None, d_value: int | None = None, pool: bool = True):
        super().__init__()
        check_count("SaganAttention", "channels", channels)
        d_key = channels // 8 if d_key is None else d_key
        d_value = channels // 2 if d_value is None else d_value
        check_count("SaganAttention", "d_key", d_key)
        check_count("SaganAttention", "d_value", d_value)
        self.channels = channels
        self.query = spectral_norm(nn.Conv2d(channels, d_key, 1, bias=False))
        self.key = spectral_norm(nn.Conv2d(channels, d_key, 1, bias=False))
        self.value = spectral_norm(nn.Conv2d(channels, d_value, 1, bias=False))
        self.output = spectral_norm(nn.Conv2d(d_value, channels, 1, bias=False))
        self.pool = nn.MaxPool2d(2, ceil_mode=True) if pool else nn.Identity()
        self.gamma = nn.Parameter(torch.zeros(()))  # the block starts as the identity

    def forward(self, features: Tensor, *, return_weights: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Attend.

        Args:
            features: ``(B, C, H, W)``, any height and width.
            return_weights: Also return the attention map.

        Returns:
            ``(B, C, H, W)``; with weights, a pair with ``(B, N, M)``: ``N = H W`` queries and ``M`` pooled
            keys. :func:`map_of_pixel` reads one query's map off them.
        """
        check_axes("SaganAttention", "features", features, "B", self.channels, "H", "W", like=self.gamma)
        query = _as_rows(self.query(features))  # (B, N, d_key)
        key = _as_rows(self.pool(self.key(features)))  # (B, M, d_key)
        value = _as_rows(self.pool(self.value(features)))  # (B, M, d_value)
        if return_weights:
            mixed, weights = attention(query, key, value, score=dot_scores)
        else:
            mixed, weights = fused_attention(query, key, value, scale=1.0), None
        image = mixed.transpose(1, 2).unflatten(-1, features.shape[-2:])  # (B, N, d_value) -> (B, d_value, H, W)
        result = features + self.gamma * self.output(image)
        return result if weights is None else (result, weights)


def _as_rows(image: Tensor) -> Tensor:
    """``(B, C, H, W)`` to one row for each pixel, ``(B, H W, C)``."""
    return image.flatten(2).transpose(1, 2)


def map_of_pixel(weights: Tensor, image_size: tuple[int, int], pixel: tuple[int, int]) -> Tensor:
    """Where one pixel looks.

    Args:
        weights: ``(B, N, M)``, from :class:`SaganAttention`, pooled or not.
        image_size: ``(H, W)`` of the feature map.
        pixel: ``(row, column)`` of the query.

    Returns:
        ``(B, H', W')``, the map of that query over the keys' grid; it sums to 1.

    Raises:
        ValueError: If the weights are not those of an image of that size, or the pixel lies outside of it.

    Chapter: Convolution and self-attention.
    """
    check_pair("map_of_pixel", "image_size", image_size)
    height, width = image_size
    check_axes("map_of_pixel", "weights", weights, "B", height * width, "M")
    grids = {
        rows * columns: (rows, columns) for rows, columns in (((height + 1) // 2, (width + 1) // 2), (height, width))
    }
    num_keys = int(weights.shape[-1])  # while it is traced, a size is no int
    if num_keys not in grids:
        raise error("map_of_pixel", "weights", f"over one of {sorted(grids)} keys", describe(weights))
    if not isinstance(pixel, (tuple, list)) or len(pixel) != 2:
        raise error("map_of_pixel", "pixel", "a pair (row, column)", describe(pixel))
    row, column = pixel
    if not (0 <= row < height and 0 <= column < width):
        raise error("map_of_pixel", "pixel", f"inside of the {height} x {width} image", str(pixel))
    return weights[:, row * width + column].unflatten(-1, grids[num_keys])  # (B, M) -> (B, H', W')
