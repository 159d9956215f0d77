"""The data of the framed experiments on pictures: no picture on both sides of a cut, and answers without a network."""

from __future__ import annotations

import pytest
import torch

from course_attn.data import Images
from experiments import data_size, fashion
from experiments.fashion import Split


def made_up(count: int, seed: int) -> Images:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(10).repeat(count)[torch.randperm(10 * count, generator=generator)]
    images = torch.randint(256, (10 * count, 28, 28), generator=generator, dtype=torch.uint8)
    return Images(images, labels)


@pytest.fixture
def splits(monkeypatch):
    monkeypatch.setattr(fashion, "fashion_mnist", lambda: (made_up(13, 0), made_up(5, 1)))
    monkeypatch.setattr(fashion, "HELD_BACK", 3)
    fashion.splits.cache_clear()
    yield fashion.splits()
    fashion.splits.cache_clear()


def test_no_picture_is_in_two_splits_and_every_class_has_as_many(splits):
    train, choose, test = splits
    assert [torch.bincount(of.labels).tolist() for of in splits] == [[10] * 10, [3] * 10, [5] * 10]
    seen = [{image.numpy().tobytes() for image in of.images} for of in splits]
    assert not seen[0] & seen[1] | seen[0] & seen[2] | seen[1] & seen[2]
    known, asked = made_up(13, 0), made_up(5, 1)
    for of, source in ((train, known), (choose, known), (test, asked)):
        pixels = ((of.images * fashion.SPREAD + fashion.MEAN) * 255).round().to(torch.uint8)[:, 0]
        label_of = {image.numpy().tobytes(): int(y) for image, y in zip(*source, strict=True)}
        assert [label_of[image.numpy().tobytes()] for image in pixels] == of.labels.tolist()


def test_some_draws_as_many_of_each_class_and_never_the_same_twice():
    labels = torch.arange(10).repeat(20)
    chosen = fashion.some(labels, 50, seed=1)
    assert torch.bincount(labels[chosen]).tolist() == [5] * 10
    assert len(set(chosen.tolist())) == 50
    assert chosen.tolist() != fashion.some(labels, 50, seed=2).tolist()


def test_the_nearest_picture_is_the_one_at_the_smallest_distance():
    generator = torch.Generator().manual_seed(0)
    known = Split(torch.randn(17, 1, 5, 5, generator=generator), torch.arange(17))
    asked = 2 * torch.randn(23, 1, 5, 5, generator=generator)
    wanted = [min(range(17), key=lambda i: float((known.images[i] - image).square().sum())) for image in asked]
    assert fashion.nearest(known, asked).tolist() == wanted


def test_logistic_regression_separates_what_a_line_separates_and_a_penalty_makes_it_smaller():
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(200, 1, 3, 3, generator=generator)
    known = Split(images, (images[:, 0, 1, 1] > 0).long())
    free, held = fashion.linear(known, 0.1), fashion.linear(known, 100.0)
    assert fashion.share_right(free, *known) > 0.97
    assert held[2].weight.norm().item() < 0.3 * free[2].weight.norm().item()


def test_the_networks_cost_what_the_arms_say():
    count = {arm: sum(p.numel() for p in data_size.network(arm).parameters()) for arm in ("CNN", "ViT")}
    assert count["CNN"] == 61_050
    sides, widths = (28, 14, 7, 7), (1, 16, 32, 64, 64)
    cnn = sum(s * s * 9 * a * b for s, a, b in zip(sides, widths, widths[1:], strict=False)) + 64 * 10
    tokens, d = 17, data_size.WIDTH
    block = tokens * (4 * d * d + 2 * d * 2 * d) + 2 * tokens * tokens * d
    vit = 16 * 49 * d + data_size.LAYERS * block + d * 10
    assert cnn / vit == pytest.approx(data_size.SAME_COST, abs=0.05)
