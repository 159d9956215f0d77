"""Two learned queries and the pixels they must find: scenes, distances and the readers without a network."""

from __future__ import annotations

import pytest
import torch

from experiments import learned_queries as lq
from experiments.frame import Run


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_scene_holds_one_red_and_one_blue_pixel_where_it_says():
    pixels, spots = lq.scenes(seeded(), 53)
    assert pixels.shape == (53, 64, 3)
    for scene, (red, blue) in zip(pixels, spots.tolist(), strict=True):
        assert red != blue
        assert torch.where(scene[:, 0] == 1)[0].tolist() == [red]
        assert torch.where(scene[:, 2] == 1)[0].tolist() == [blue]
    others = pixels[pixels != 1]
    assert bool((others >= 0).all())
    assert bool((others <= 0.2).all())


def test_a_distance_of_one_is_one_pixel():
    spots = torch.tensor([[9, 18]])  # row 1, column 1; row 2, column 2
    pointed = lq.AT[torch.tensor([[10, 2]])]  # one column to the right; two rows up
    torch.testing.assert_close(lq.off(pointed, spots), torch.tensor([[1.0, 2.0]]))
    assert lq.numbers_of(pointed, spots) == {"off": pytest.approx(1.5), "found": 0.0}
    assert lq.numbers_of(lq.AT[spots], spots) == {"off": 0.0, "found": 1.0}


def test_least_squares_is_the_best_linear_map():
    known = lq.scenes(seeded(1), 1_000)
    rows = torch.cat([known[0].flatten(1), torch.ones(1_000, 1)], 1).double()
    wanted = lq.AT[known[1]].flatten(1).double()
    left = wanted - lq.least_squares(known, known[0]).flatten(1).double()
    # What is left over is at a right angle to every column.
    torch.testing.assert_close(rows.T @ left, torch.zeros(193, 4, dtype=torch.float64), atol=1e-3, rtol=0)


def test_the_brightest_pixel_needs_no_learning_and_the_middle_is_three_pixels_off():
    names = [name for name, arm in lq.EXPERIMENT.baselines.items() if not arm.scale]
    numbers = {name: lq.measure(Run(name, "all", 0, 1, 0, 0.0, False, tiny=True)) for name in names}
    assert numbers["brightest pixel"] == {"off": 0.0, "found": 1.0}
    assert 2.7 < numbers["the middle"]["off"] < 3.4
    assert numbers["least squares on pixels"]["off"] > 0.5


@pytest.mark.parametrize("arm", [*lq.EXPERIMENT.arms, "coordinates, equal weights"])
def test_an_arm_answers_with_two_places_and_says_where_it_looked(arm):
    torch.manual_seed(0)
    pixels, _ = lq.scenes(seeded(2), 5)
    with torch.no_grad():
        pointed, looks = lq.Finder(arm)(pixels)
    assert pointed.shape == (5, 2, 2)
    torch.testing.assert_close(looks.sum(-1), torch.ones(5, 2))
    equal = bool((looks == 1 / 64).all())
    assert equal == ("equal weights" in arm)


def test_equal_weights_cannot_tell_where_the_pixel_is():
    """Two scenes with the same colours at other places are the same scene to it."""
    torch.manual_seed(0)
    pixels, _ = lq.scenes(seeded(3), 5)
    model = lq.Finder("coordinates, equal weights")
    with torch.no_grad():
        torch.testing.assert_close(model(pixels.flip(1))[0], model(pixels)[0], atol=1e-5, rtol=0)


def test_a_rate_is_judged_by_three_runs():
    numbers = lq.measure(Run("coordinates", "all", 100, 1, 2, 3e-3, True, tiny=True))
    assert len(numbers["each"]) == 3
    assert len(set(numbers["each"])) == 3
    assert numbers["validation"] == pytest.approx(sum(numbers["each"]) / 3)
