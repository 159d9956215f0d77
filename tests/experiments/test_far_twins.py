"""The task of tiles that stand twice, and the filters beside the denoisers: what they are, by hand."""

from __future__ import annotations

import math

import torch

from experiments import denoise, photos
from experiments import far_twins as twins


def test_laying_and_cutting_undo_each_other():
    tiles = torch.arange(2 * 36 * 3 * 64.0).view(2, 36, 3, 8, 8)
    torch.testing.assert_close(twins.cut(twins.laid(tiles)), tiles)
    picture = twins.laid(tiles)
    torch.testing.assert_close(picture[1, :, 8:16, 16:24], tiles[1, 6 + 2])  # second row, third column


def test_every_tile_stands_twice_and_one_of_the_two_has_a_hole(monkeypatch):
    monkeypatch.setattr(
        photos, "halved", lambda names: [torch.rand(3, 40, 50, generator=torch.Generator().manual_seed(1))]
    )
    holes, whole = twins.pictures(torch.Generator().manual_seed(0), 3, ("made up",))
    assert holes.shape == whole.shape == (3, 3, 48, 48)
    tiles, filled = twins.cut(holes), twins.cut(whole)
    judged = twins.cut(twins.missing(holes, whole)).flatten(2).any(-1)
    assert judged.sum(-1).tolist() == [18, 18, 18]
    for image in range(3):
        for i in range(36):
            alike = [j for j in range(36) if torch.equal(filled[image, i], filled[image, j]) and j != i]
            assert len(alike) == 1
            assert bool(judged[image, i]) != bool(judged[image, alike[0]])
    assert bool((tiles[judged][:, :, 4:] == twins.GREY).all())
    torch.testing.assert_close(tiles[~judged], filled[~judged])
    torch.testing.assert_close(twins.nearest_twin(holes), whole)  # the classical answer is exact
    assert twins.decibels(lambda x: whole, (holes, whole)) == 100


def test_only_what_was_missing_is_judged(monkeypatch):
    monkeypatch.setattr(
        photos, "halved", lambda names: [torch.rand(3, 40, 50, generator=torch.Generator().manual_seed(1))]
    )
    holes, whole = twins.pictures(torch.Generator().manual_seed(0), 2, ("made up",))
    elsewhere = whole + torch.where(twins.missing(holes, whole), 0.0, 9.0)
    assert twins.squared_error(elsewhere, holes, whole).item() == 0
    torch.testing.assert_close(twins.squared_error(whole + 2, holes, whole), torch.tensor(4.0))


def test_filters_leave_an_even_picture_alone_and_keep_the_mean():
    even = torch.full((1, 3, 17, 23), 0.3)
    for clean_up in denoise.FILTERS.values():
        torch.testing.assert_close(clean_up(even, 2.0), even)
    spot = torch.zeros(1, 3, 31, 37)
    spot[..., 15, 18] = 1.0
    blurred = denoise.blurred(spot, 2.0)
    torch.testing.assert_close(blurred.sum((2, 3)), torch.ones(1, 3))
    torch.testing.assert_close(blurred[0, 0, 15, 18] / blurred[0, 0, 15, 20], torch.tensor(math.exp(0.5)))


def test_non_local_means_mixes_pixels_that_are_alike_and_no_others(monkeypatch):
    monkeypatch.setattr(denoise, "NOISE", 0.05)
    halves = torch.zeros(1, 3, 32, 32)
    halves[..., 16:] = 1.0
    noisy = halves + 0.05 * torch.randn(halves.shape, generator=torch.Generator().manual_seed(0))
    cleaned = denoise.non_local(noisy, 2.0)
    assert float((cleaned - halves).square().mean()) < 0.1 * float((noisy - halves).square().mean())
    assert float((denoise.blurred(noisy, 2.0) - halves).square().mean()) > float((cleaned - halves).square().mean())
