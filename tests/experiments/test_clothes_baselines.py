"""How much a picture resembles its mirror image, worked by hand."""

from __future__ import annotations

import torch

from experiments import clothes_baselines


def test_correlation_of_a_class_with_its_mirror_image():
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(50, 7, 11, generator=generator)
    labels = torch.arange(50) % 10
    even = labels % 2 == 0
    images[even] = images[even] + images[even].flip(-1)  # symmetric
    found = list(clothes_baselines.mirrored(images, labels).values())
    assert len(found) == 10
    for number, value in enumerate(found):
        mean = images[labels == number].mean(0).flatten()
        mirror = images[labels == number].mean(0).flip(-1).flatten()
        a, b = mean - mean.mean(), mirror - mirror.mean()
        assert abs(value - float(a @ b / (a.norm() * b.norm()))) < 1e-3
        assert (value == 1) == (number % 2 == 0)
