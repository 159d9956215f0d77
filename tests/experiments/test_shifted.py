"""Pictures moved a little: what it does to them, what it leaves alone, and that training sees it."""

from __future__ import annotations

import torch

from course_attn.vision.convnet import ConvNet
from experiments import fashion, fit
from experiments.fashion import BLACK, SHIFT, Split, shifted
from experiments.frame import Run


def pictures(n: int = 53, channels: int = 3) -> torch.Tensor:
    return torch.rand(n, channels, 11, 13, generator=torch.Generator().manual_seed(0))


def seeded(seed: int = 5) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def windows(image: torch.Tensor) -> dict[tuple[int, int], torch.Tensor]:
    """Every move there is: by ``down`` and ``right`` pixels, written out with a loop."""
    height, width = image.shape[1:]
    moves = {}
    for down in range(-SHIFT, SHIFT + 1):
        for right in range(-SHIFT, SHIFT + 1):
            moved = torch.full_like(image, BLACK)
            for y in range(height):
                for x in range(width):
                    if 0 <= y - down < height and 0 <= x - right < width:
                        moved[:, y, x] = image[:, y - down, x - right]
            moves[down, right] = moved
    return moves


def test_shifted_pictures_are_the_pictures_moved():
    images = pictures()
    found = set()
    for image, moved in zip(images, shifted(images, seeded()), strict=True):
        fits = [move for move, wanted in windows(image).items() if torch.equal(moved, wanted)]
        assert len(fits) == 1
        found.add(fits[0])
    assert len(found) > 10  # a draw of its own for each picture
    for axis in (0, 1):
        assert {move[axis] for move in found} == set(range(-SHIFT, SHIFT + 1))  # both ends are used


def test_the_generator_alone_decides_and_the_pictures_given_stay_as_they_are():
    images = pictures()
    before = images.clone()
    torch.manual_seed(1)
    first = shifted(images, seeded())
    torch.manual_seed(2)
    torch.testing.assert_close(shifted(images, seeded()), first, rtol=0, atol=0)
    assert not torch.equal(shifted(images, seeded(6)), first)
    torch.testing.assert_close(images, before, rtol=0, atol=0)


def test_training_sees_changed_pictures_with_the_labels_of_the_pictures_drawn(monkeypatch):
    # Each picture is grey in the tone of its number, so that a batch says which pictures it came from.
    known = Split(torch.arange(7.0)[:, None, None, None].expand(7, 1, 28, 28) / 10, torch.tensor([3, 1, 4, 1, 5, 9, 2]))
    batches = []

    class Watched(fit.Trainer):
        def __init__(self, model, loss, sample, optimizer, **options):
            def watched(generator):
                batches.append(sample(generator))
                return batches[-1]

            super().__init__(model, loss, watched, optimizer, **options)

    monkeypatch.setattr(fit, "Trainer", Watched)
    run = Run("CNN", "7", 0, 1, 2, 1e-3, False)
    for change in (shifted, None):
        batches.clear()
        fashion.train(run, ConvNet(), known, known, 8, change)
        assert len(batches) == 2
        for seen, told in batches:
            tones = seen[:, 0, 14, 14]  # the middle is never shifted out
            torch.testing.assert_close(told, known.labels[(tones * 10).round().long()])
            assert bool((seen == BLACK).flatten(1).any(1).any()) == (change is not None)  # shifted: black came in
