"""Attention over channels and over places: gates between 0 and 1 that let a part of a feature map through.

The notes' channel and spatial attention. Unlike the weights of softmax, the gates do not compete and need not
sum to one; and the mixing is left out: each channel, or place, is only scaled.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_attn._checks import check_axes, check_count, check_multiple, error


class SqueezeExcitation(nn.Module):
    r"""One gate for each channel, from the averages of all channels.

    .. math:: \sigma(W_2\, \mathrm{ReLU}(W_1\, \mathrm{mean}\,x))

    Args:
        channels: ``C``, a multiple of ``reduction``.
        reduction: The hidden layer has ``C / reduction`` units.

    Raises:
        ValueError: If a size is not a positive whole number or does not divide; in ``forward``, for other
            channels.

    Source: Hu, Shen & Sun, 2018, equations 2 to 4, arXiv 1709.01507.
    Chapter: Convolution and self-attention.
    """

    def __init__(self, channels: int, reduction: int = 16):
        super().__init__()
        self.channels = channels
        self.gate = _bottleneck("SqueezeExcitation", channels, reduction)

    def forward(self, features: Tensor, *, return_weights: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Return ``features (B, C, H, W)`` times their gates; with weights, a pair with the gates ``(B, C)``."""
        weight = self.gate.get_parameter("0.weight")
        check_axes("SqueezeExcitation", "features", features, "B", self.channels, "H", "W", like=weight)
        gates = torch.sigmoid(self.gate(features.mean((-2, -1))))  # (B, C)
        result = features * gates[..., None, None]
        return (result, gates) if return_weights else result


class ChannelAttention(nn.Module):
    r"""CBAM's gate for each channel, from the averages and the maxima through one shared bottleneck.

    .. math:: \sigma(f(\mathrm{mean}\,x) + f(\max x)), \qquad f(z) = W_2\, \mathrm{ReLU}(W_1 z)

    Args:
        channels: ``C``, a multiple of ``reduction``.
        reduction: The hidden layer has ``C / reduction`` units.

    Raises:
        ValueError: As :class:`SqueezeExcitation`.

    Source: Woo, Park, Lee & Kweon, 2018, equation 2, arXiv 1807.06521.
    Chapter: Convolution and self-attention.
    """

    def __init__(self, channels: int, reduction: int = 16):
        super().__init__()
        self.channels = channels
        self.gate = _bottleneck("ChannelAttention", channels, reduction)

    def forward(self, features: Tensor, *, return_weights: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Return ``features (B, C, H, W)`` times their gates; with weights, a pair with the gates ``(B, C)``."""
        weight = self.gate.get_parameter("0.weight")
        check_axes("ChannelAttention", "features", features, "B", self.channels, "H", "W", like=weight)
        gates = torch.sigmoid(self.gate(features.mean((-2, -1))) + self.gate(features.amax((-2, -1))))  # (B, C)
        result = features * gates[..., None, None]
        return (result, gates) if return_weights else result


class SpatialAttention(nn.Module):
    r"""CBAM's gate for each place, from the mean and the maximum over its channels.

    .. math:: \sigma(\mathrm{conv}([\mathrm{mean}_c\, x;\ \max_c x]))

    Args:
        kernel_size: Side of the convolution, odd.

    Raises:
        ValueError: If the kernel size is not odd and positive; in ``forward``, if there are not four axes.

    Source: Woo, Park, Lee & Kweon, 2018, equation 3, arXiv 1807.06521.
    Chapter: Convolution and self-attention.
    """

    def __init__(self, kernel_size: int = 7):
        super().__init__()
        check_count("SpatialAttention", "kernel_size", kernel_size)
        if kernel_size % 2 == 0:
            raise error(
                "SpatialAttention", "kernel_size", "odd", str(kernel_size), "the gates must line up with the places"
            )
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, features: Tensor, *, return_weights: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Return ``features (B, C, H, W)`` times their gates; with weights, a pair with the gates ``(B, H, W)``."""
        check_axes("SpatialAttention", "features", features, "B", "C", "H", "W", like=self.conv)
        summary = torch.stack([features.mean(1), features.amax(1)], dim=1)  # (B, 2, H, W)
        gates = torch.sigmoid(self.conv(summary))  # (B, 1, H, W)
        result = features * gates
        return (result, gates[:, 0]) if return_weights else result


class CBAM(nn.Sequential):
    """Channel attention, then spatial attention: first what, then where.

    Args:
        channels: ``C``, a multiple of ``reduction``.
        reduction: See :class:`ChannelAttention`.
        kernel_size: See :class:`SpatialAttention`.

    Raises:
        ValueError: As its two parts.

    Source: Woo, Park, Lee & Kweon, 2018, equation 1, arXiv 1807.06521.
    Chapter: Convolution and self-attention.
    """

    def __init__(self, channels: int, reduction: int = 16, kernel_size: int = 7):
        super().__init__(ChannelAttention(channels, reduction), SpatialAttention(kernel_size))


def _bottleneck(where: str, channels: int, reduction: int) -> nn.Sequential:
    check_count(where, "reduction", reduction)
    check_multiple(where, "channels", channels, reduction)
    hidden = channels // reduction
    return nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels))
