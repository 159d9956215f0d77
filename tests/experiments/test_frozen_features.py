"""Linear classifiers on given features: penalties, histograms of gradients, and that no picture is on both sides."""

from __future__ import annotations

import math

import pytest
import torch

from experiments import frozen_features as ff


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def two_classes(count: int, width: int, gap: float) -> tuple[torch.Tensor, torch.Tensor]:
    labels = torch.arange(count) % 2
    x = torch.randn(count, width, generator=seeded())
    x[:, 0] += gap * (2 * labels - 1)
    return x, labels


def test_a_linear_classifier_separates_what_a_line_separates():
    x, labels = two_classes(200, 5, 5.0)
    assert ff.fitted(x[:100], labels[:100], x[100:], 1.0).tolist() == labels[100:].tolist()


def test_cross_validation_takes_a_large_penalty_where_the_features_are_noise_and_many():
    x, labels = two_classes(60, 300, 0.7)
    chosen = ff.best_penalty(x, labels, seeded())
    assert chosen > min(ff.PENALTIES)

    def right(penalty):
        asked, answers = two_classes(2_000, 300, 0.7)
        return float((ff.fitted(x, labels, asked[60:], penalty) == answers[60:]).float().mean())

    assert right(chosen) >= right(min(ff.PENALTIES)) - 0.01


def test_of_equal_penalties_the_largest_is_taken(monkeypatch):
    x, labels = two_classes(40, 3, 5.0)
    monkeypatch.setattr(ff, "fitted", lambda known, labels, asked, penalty: asked[:, 0].gt(0).long())
    assert ff.best_penalty(x, labels, seeded()) == max(ff.PENALTIES)


@pytest.mark.parametrize(("angle", "bin_"), [(0, 0), (45, 2), (90, 4), (135, 6)])
def test_histograms_of_gradients_say_which_way_the_grey_rises(angle, bin_):
    y, x = torch.meshgrid(torch.arange(25.0), torch.arange(25.0), indexing="ij")
    turned = math.radians(angle + 3)  # not on an edge between two bins
    ramp = (x * math.cos(turned) + y * math.sin(turned))[None, None] / 60
    for image in (ramp, -ramp):  # dark on light is light on dark
        cells = ff.gradients(image).view(ff.BINS, 5, 5)
        assert cells[:, 2, 2].argmax() == bin_
        torch.testing.assert_close(cells.norm(dim=0), torch.ones(5, 5))


def test_the_nearest_picture_is_the_one_at_the_smallest_distance():
    known, asked = torch.randn(17, 7, generator=seeded()), torch.randn(23, 7, generator=seeded(1))
    wanted = [min(range(17), key=lambda i: float((known[i] - x).square().sum())) for x in asked]
    assert ff.nearest(known, torch.arange(17), asked).tolist() == wanted


def test_each_draw_learns_from_half_faces_and_is_asked_about_all_others():
    labels = torch.arange(200).lt(100).long()
    seen = [ff.drawn(labels, 20, seed) for seed in range(3)]
    for few, asked in seen:
        assert torch.bincount(labels[few]).tolist() == [10, 10]
        assert sorted(few.tolist() + asked.tolist()) == list(range(200))
    assert seen[0][0].tolist() != seen[1][0].tolist()


def test_differences_are_paired():
    assert ff.compared([0.9, 0.8, 0.7], [0.8, 0.8, 0.8]) == {"each": [0.1, 0.0, -0.1], "mean": 0.0, "spread": 0.1}
