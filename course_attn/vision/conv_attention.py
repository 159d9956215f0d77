"""A convolution is attention with fixed positions: each head looks at one place of the kernel."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn._checks import check_axes, check_count, check_positive, describe, error
from course_attn.normalisers import softmax_weights

Pair = tuple[int, int]


class QuadraticAttention(nn.Module):
    r"""Heads that look at a spot some steps away from the query, whatever the pixels hold.

    Head ``h`` has a centre :math:`\Delta_h` (rows, columns) and a sharpness :math:`\alpha_h`, both learned.
    For a query at :math:`q` and a key at :math:`k`

    .. math:: s^h_{qk} = -\alpha_h \lVert (k - q) - \Delta_h \rVert^2

    Every head mixes the pixels themselves with its softmax weights; one linear map joins the heads.

    Args:
        in_channels: ``C`` of the image.
        out_channels: ``C'`` of the result.
        num_heads: ``h``; ``k * k`` heads can be any ``k`` by ``k`` convolution.
        padding: Rows and columns of zeros around the image. They can be attended to, and are worth 0.
        margin: How far from the edge of the padded image the queries stay; equal to ``padding``, the result
            has the size of the image.
        bias: Add a learned number to each output channel.

    Raises:
        ValueError: If a size is not a positive whole number; in ``forward``, if the image has other channels
            or is too small for the margin.

    Source: Cordonnier, Loukas & Jaggi, 2020, section 3.1 and appendix B, arXiv 1911.03584.
    Chapter: Convolution and self-attention.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        num_heads: int,
        padding: Pair = (0, 0),
        margin: Pair = (0, 0),
        bias: bool = True,
    ):
        super().__init__()
        for name, size in (("in_channels", in_channels), ("out_channels", out_channels), ("num_heads", num_heads)):
            check_count("QuadraticAttention", name, size)
        self.in_channels, self.padding, self.margin = in_channels, padding, margin
        # The paper's start: centres a couple of pixels around the query, soft.
        self.centre = nn.Parameter(2**0.5 * torch.randn(num_heads, 2))
        self.sharpness = nn.Parameter(torch.ones(num_heads))
        self.join = nn.Linear(num_heads * in_channels, out_channels, bias=bias)

    def weights(self, height: int, width: int) -> Tensor:
        """Return the weights ``(h, N, M)`` of an image: a query for each output pixel, a key for each padded one."""
        rows, columns = height + 2 * self.padding[0], width + 2 * self.padding[1]
        if rows <= 2 * self.margin[0] or columns <= 2 * self.margin[1]:
            sides = [max(1, 2 * (m - p) + 1) for m, p in zip(self.margin, self.padding, strict=True)]
            spans = [2 * m + 1 for m in self.margin]
            raise error(
                "QuadraticAttention",
                "images",
                f"at least {sides[0]} x {sides[1]} pixels",
                f"{height} x {width}",
                f"the kernel spans {spans[0]} x {spans[1]}, and none may reach past the padding",
            )
        place = _places((0, rows), (0, columns)).to(self.centre)  # (M, 2)
        query_place = _places((self.margin[0], rows - self.margin[0]), (self.margin[1], columns - self.margin[1])).to(
            self.centre
        )  # (N, 2)
        step = place[None, :] - query_place[:, None]  # (N, M, 2)
        squared = (step[None] - self.centre[:, None, None]).square().sum(-1)  # (h, N, M)
        return softmax_weights(-self.sharpness[:, None, None] * squared)

    def forward(self, images: Tensor, *, return_weights: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Attend.

        Args:
            images: ``(B, C, H, W)``.
            return_weights: Also return the weights.

        Returns:
            ``(B, C', H', W')``; with weights, a pair with ``(h, N, M)``: they do not depend on the image.
        """
        check_axes("QuadraticAttention", "images", images, "B", self.in_channels, "H", "W", like=self.join)
        height, width = images.shape[-2:]
        weights = self.weights(height, width)
        padded = F.pad(images, (self.padding[1], self.padding[1], self.padding[0], self.padding[0]))
        pixels = padded.flatten(2).transpose(1, 2)  # (B, M, C)
        # One product for the whole batch: the weights are those of every image and need not be copied for each.
        mixed = torch.einsum("hnm,bmc->bnhc", weights, pixels)  # (B, N, h, C)
        joined = self.join(mixed.flatten(2))  # (B, N, h C) -> (B, N, C')
        out_height = height + 2 * (self.padding[0] - self.margin[0])
        output = joined.transpose(1, 2).unflatten(-1, (out_height, -1))  # (B, C', H', W')
        return (output, weights) if return_weights else output


def _places(rows: Pair, columns: Pair) -> Tensor:
    """Row and column of every pixel of a rectangle, row by row: ``(pixels, 2)``."""
    return torch.cartesian_prod(torch.arange(*rows), torch.arange(*columns))


def conv_as_attention(conv: nn.Conv2d, sharpness: float = 50.0) -> QuadraticAttention:
    r"""Turn a convolution into attention: one head for each place of its kernel.

    The head of a place is centred there and so sharp that any other pixel gets at most :math:`e^{-\alpha}` of
    its weight; the kernel's numbers for that place become the head's part of the joining map.

    Args:
        conv: Odd kernel, stride 1, one group, any dilation, any zero padding.
        sharpness: :math:`\alpha` of every head; 50 leaves :math:`2 \cdot 10^{-22}` to a neighbour.

    Returns:
        A layer with the convolution's function: equal outputs up to rounding. It is trained, or frozen, as the
        convolution is.

    Raises:
        ValueError: If ``conv`` is no ``nn.Conv2d``, or has an even kernel, another stride, groups or a padding other
            than zeros.

    Source: Cordonnier, Loukas & Jaggi, 2020, theorem 1, arXiv 1911.03584.
    Chapter: Convolution and self-attention.
    """
    where = "conv_as_attention"
    check_positive(where, "sharpness", sharpness)
    if not isinstance(conv, nn.Conv2d):
        raise error(where, "conv", "a torch.nn.Conv2d", describe(conv))
    height, width = _two(conv.kernel_size)
    if height % 2 == 0 or width % 2 == 0:
        raise error(
            where, "conv", "of odd kernel size", f"{height} x {width}", "an even kernel has no middle for the query"
        )
    for name, wanted in (("stride", (1, 1)), ("groups", 1), ("padding_mode", "zeros")):
        if getattr(conv, name) != wanted:
            raise error(where, "conv", f"of {name} {wanted}", str(getattr(conv, name)))
    dilation = _two(conv.dilation)
    margin = (dilation[0] * (height // 2), dilation[1] * (width // 2))
    padding = {"same": margin, "valid": (0, 0)}[conv.padding] if isinstance(conv.padding, str) else _two(conv.padding)
    layer = QuadraticAttention(
        conv.in_channels, conv.out_channels, height * width, padding, margin, bias=conv.bias is not None
    )
    if (conv.weight.dtype, conv.weight.device) != (layer.join.weight.dtype, layer.join.weight.device):
        layer.to(conv.weight)  # only then: FakeTensorMode cannot move a layer
    with torch.no_grad():
        steps = _places((-(height // 2), height // 2 + 1), (-(width // 2), width // 2 + 1))
        layer.centre.copy_(steps * torch.tensor(dilation))
        layer.sharpness.fill_(sharpness)
        # (C', C, k, k) -> (C', k k, C) -> (C', k k C): the heads' order is the kernel's, row by row.
        layer.join.weight.copy_(conv.weight.flatten(2).transpose(1, 2).flatten(1))
        if conv.bias is not None:
            layer.join.bias.copy_(conv.bias)
            layer.join.bias.requires_grad_(conv.bias.requires_grad)
    for parameter in (layer.centre, layer.sharpness, layer.join.weight):
        parameter.requires_grad_(conv.weight.requires_grad)
    return layer.train(conv.training)


def _two(option: tuple[int, ...]) -> Pair:
    return option[0], option[1]
