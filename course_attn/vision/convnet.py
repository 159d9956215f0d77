"""A small convolution network, the measure beside which attention on images is held."""

from __future__ import annotations

from torch import Tensor, nn

from course_attn._checks import check_axes, check_count, describe, error


class ConvNet(nn.Module):
    """Four 3 x 3 convolutions with batch normalisation, then an average over all places, then a linear layer.

    The second and the third convolution halve the image: the price of the widths is paid on few pixels. With
    one input channel, 10 classes and the widths given it has 61 050 parameters.

    Args:
        in_channels: Channels of the image.
        num_classes: How many classes the head tells apart.
        widths: Channels after each convolution.

    Raises:
        ValueError: If a size is not a positive whole number; in ``forward``, if the image has other channels.

    Chapter: Convolution and self-attention.
    """

    def __init__(
        self, in_channels: int = 1, num_classes: int = 10, widths: tuple[int, int, int, int] = (16, 32, 64, 64)
    ):
        super().__init__()
        for name, size in (("in_channels", in_channels), ("num_classes", num_classes)):
            check_count("ConvNet", name, size)
        if not isinstance(widths, (tuple, list)) or len(widths) != 4:
            raise error("ConvNet", "widths", "four widths, one for each convolution", describe(widths))
        for width in widths:
            check_count("ConvNet", "each of widths", width)
        self.in_channels = in_channels
        layers: list[nn.Module] = []
        for before, after, stride in zip((in_channels, *widths), widths, (1, 2, 2, 1), strict=False):
            # No bias: batch normalisation would take it away again.
            layers += [
                nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1], num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits ``(B, num_classes)`` for ``images (B, C, H, W)`` of any size."""
        check_axes("ConvNet", "images", images, "B", self.in_channels, "H", "W", like=self.head)
        return self.head(self.features(images).mean((-2, -1)))  # (B, C', H', W') -> (B, C') -> (B, num_classes)
