"""Receptive field: how much of the input can one output pixel see? By arithmetic, and measured by gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from course_attn._checks import check_axes, check_count, check_same_device, describe, error
from course_attn._numbers import check_derivable


def receptive_field(layers: Sequence[tuple[int, int, int]]) -> int:
    r"""Side of the input square that one output pixel of a stack of convolutions depends on.

    .. math:: r = 1 + \sum_l (k_l - 1)\, \delta_l \prod_{m < l} s_m

    Args:
        layers: ``(kernel, stride, dilation)`` of each layer, first layer first. Pooling counts as a layer.

    Returns:
        ``r``; 1 for no layer at all. It grows by a sum for stacked kernels, by a product only through
        strides.

    Raises:
        ValueError: If ``layers`` is no list, or a layer is not three positive whole numbers.

    Source: Araujo, Norris & Sim, 2019, "Computing receptive fields of convolutional neural networks",
        equation 2.
    Chapter: Convolution and self-attention.
    """
    if not isinstance(layers, (tuple, list)):
        raise error("receptive_field", "layers", "a list of triples (kernel, stride, dilation)", describe(layers))
    size, step = 1, 1  # in input pixels: the field so far, and from one pixel of this layer's input to the next
    for layer in layers:
        if not isinstance(layer, (tuple, list)) or len(layer) != 3:
            raise error("receptive_field", "layers", "of triples (kernel, stride, dilation)", describe(layer))
        for name, number in zip(("kernel", "stride", "dilation"), layer, strict=True):
            check_count("receptive_field", name, number)
        kernel, stride, dilation = layer
        size += (kernel - 1) * dilation * step
        step *= stride
    return size


def layers_of(model: nn.Module) -> list[tuple[int, int, int]]:
    """Read the triples for :func:`receptive_field` off a model that applies its layers one after another.

    Args:
        model: Its convolutions and pooling layers must have square kernels. Layers that work on each pixel
            alone (activation, normalisation in evaluation mode) do not matter and are skipped.

    Returns:
        ``(kernel, stride, dilation)`` of each convolution and pooling layer, in the order of registration.

    Raises:
        ValueError: If a kernel is not square, or a layer looks at the whole image.

    Chapter: Convolution and self-attention.
    """
    triples = []
    for layer in model.modules():
        if isinstance(layer, (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)):
            raise error("layers_of", "model", "without global pooling", describe(layer), "it sees the whole image")
        if isinstance(layer, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)):
            dilation = layer.dilation if not isinstance(layer, nn.AvgPool2d) else 1
            sides = [_side(option) for option in (layer.kernel_size, layer.stride, dilation)]
            triples.append((sides[0], sides[1], sides[2]))
    return triples


def _side(option: int | tuple[int, ...]) -> int:
    if isinstance(option, int):
        return option
    if len(set(option)) != 1:
        raise error("layers_of", "model", "of square kernels, strides and dilations", describe(option))
    return option[0]


def measured_field(
    model: Callable[[Tensor], Tensor], image: Tensor, pixel: tuple[int, int] | None = None, samples: int = 3
) -> Tensor:
    r"""Which input pixels does one output pixel depend on? Those with a gradient that is not zero.

    Args:
        model: Maps ``(1, C, H, W)`` to ``(1, C', H', W')``.
        image: ``(1, C, H, W)``: its size and dtype are used, and fresh random numbers in place of its values,
            so that no gradient is zero by chance (an inactive ReLU, a pixel that loses a max).
        pixel: ``(row, column)`` of the output; the middle one if left out.
        samples: How many random images to try; the answer is the union.

    Returns:
        Boolean ``(H, W)``. For a convolution network away from the border: a square of side
        :func:`receptive_field`. For one attention layer: everything.

    Raises:
        ValueError: If the image or the output is not of that shape, the image not on the model's device, or the pixel
            outside of the output.

    Source: after Luo et al., 2016, section 2, arXiv 1701.04128.
    Chapter: Convolution and self-attention.
    """
    check_axes("measured_field", "image", image, 1, "C", "H", "W")
    check_count("measured_field", "samples", samples)
    check_derivable("measured_field", "image", image)
    parameters = list(model.parameters()) if isinstance(model, nn.Module) else []
    if parameters and image.device not in {p.device for p in parameters}:  # a model may lie on several
        check_same_device("measured_field", "image", image, parameters[0], "the model's")
    generator = torch.Generator().manual_seed(0)
    seen = torch.zeros(image.shape[-2:], dtype=torch.bool, device=image.device)
    for _ in range(samples):
        noise = torch.randn(image.shape, generator=generator, device="cpu").to(image).requires_grad_()
        output = model(noise)
        check_axes("measured_field", "the model's output", output, 1, "C", "H", "W")
        row, column = pixel if pixel is not None else (output.shape[-2] // 2, output.shape[-1] // 2)
        if not (0 <= row < output.shape[-2] and 0 <= column < output.shape[-1]):
            raise error("measured_field", "pixel", f"inside of the output, {tuple(output.shape[-2:])}", str(pixel))
        # Absolute values: the channels' gradients must not cancel.
        (gradient,) = torch.autograd.grad(output[0, :, row, column].abs().sum(), noise)
        seen |= (gradient[0] != 0).any(0)
    return seen
