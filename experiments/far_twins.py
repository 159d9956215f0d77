"""A task on images in which looking far can win: every tile stands twice, and one of the two has lost its lower half.

A picture of 6 x 6 tiles, cut from photos and laid at random; each tile stands twice, and in one of its two copies the
lower half is grey. What was there stands elsewhere, below an upper half that is the same, and nowhere near. Networks
without attention see their neighbours only, which tell nothing; one of them sees the whole picture through six layers
of 3 x 3. The block that sees only itself has all the parameters of the block that looks.

    python -m experiments.far_twins      resumable; ``--status`` says how long
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.vision.sagan import SaganAttention
from experiments import photos
from experiments.fit import SETTINGS, fit
from experiments.frame import Arm, Experiment, Line, Run, main
from experiments.photos import GAMMA_FASTER, ItselfOnly

TRAINED_ON, CHOSEN_ON, ASKED = ("astronaut", "coffee", "motorcycle_left"), ("rocket",), ("chelsea",)
TILE, GRID, BATCH = 8, 6, 16  # pixels along a tile, tiles along the picture
HALF = TILE // 2
CHANNELS, D_KEY, D_VALUE = 96, 32, 96
GREY = 0.5
KNOWN = 1_000  # pictures that the linear map is fitted on
PICTURES = 100  # of the validation and of the test split
RATES = (1e-3, 3e-3, 9e-3)
ARMS = {
    "neighbours": "two convolutions over the grid of tiles: the eight neighbours of neighbours",
    "the whole picture, step by step": "six convolutions: every tile is within reach",
    "sees only itself": "the block with its looking left out: same parameters, same shortcut",
    "attention": "SAGAN's block over the tiles, not pooled",
}


def pictures(generator: torch.Generator, count: int, names: tuple[str, ...]) -> tuple[Tensor, Tensor]:
    """Pictures with holes ``(B, 3, 48, 48)`` and without."""
    pairs = GRID * GRID // 2
    tiles = photos.squares(names, count * pairs, TILE, generator)
    whole = tiles.unflatten(0, (count, pairs)).repeat(1, 2, 1, 1, 1)  # (B, 36, 3, 8, 8)
    holes = whole.clone()
    holes[:, :pairs, :, HALF:] = GREY
    order = torch.rand(count, 2 * pairs, generator=generator).argsort(-1)
    return tuple(laid(x.gather(1, order[:, :, None, None, None].expand_as(x))) for x in (holes, whole))  # type: ignore[return-value]


def laid(tiles: Tensor) -> Tensor:
    """Tiles ``(B, 36, 3, 8, 8)`` side by side, ``(B, 3, 48, 48)``."""
    grid = tiles.unflatten(1, (GRID, GRID))  # (B, 6, 6, 3, 8, 8)
    return grid.permute(0, 3, 1, 4, 2, 5).flatten(4, 5).flatten(2, 3)  # (B, 3, 6, 8, 6, 8) -> (B, 3, 48, 48)


def cut(images: Tensor) -> Tensor:
    """The tiles of pictures, ``(B, 36, 3, 8, 8)``; undoes :func:`laid`."""
    grid = images.unflatten(3, (GRID, TILE)).unflatten(2, (GRID, TILE))  # (B, 3, 6, 8, 6, 8)
    return grid.permute(0, 2, 4, 1, 3, 5).flatten(1, 2)


class Filler(nn.Module):
    """A vector for each tile, something that mixes the tiles or not, and the tile's pixels again."""

    def __init__(self, arm: str):
        super().__init__()
        pixels = 3 * TILE * TILE
        self.enter = nn.Sequential(nn.Conv2d(pixels, CHANNELS, 1), nn.ReLU(), nn.Conv2d(CHANNELS, CHANNELS, 1))
        layers = {"neighbours": 2, "the whole picture, step by step": 6}.get(arm, 0)
        steps = [nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1), nn.ReLU()) for _ in range(layers)]
        make = ItselfOnly if arm == "sees only itself" else SaganAttention
        self.mix = nn.ModuleList(steps or [make(CHANNELS, D_KEY, D_VALUE, pool=False)])
        self.leave = nn.Sequential(
            nn.ReLU(), nn.Conv2d(CHANNELS, CHANNELS, 1), nn.ReLU(), nn.Conv2d(CHANNELS, pixels, 1)
        )

    def forward(self, holes: Tensor) -> Tensor:
        """Pictures ``(B, 3, 48, 48)`` with the lower half of every tile filled in."""
        x = self.enter(F.pixel_unshuffle(holes - GREY, TILE))  # (B, C, 6, 6)
        for step in self.mix:
            x = step(x) if isinstance(step, SaganAttention) else x + step(x)
        return GREY + F.pixel_shuffle(self.leave(x), TILE)


def missing(holes: Tensor, whole: Tensor) -> Tensor:
    """Which pixels are judged, ``(B, 3, 48, 48)``: those of the tiles with a hole, lower half."""
    lower = (cut(holes)[:, :, :, HALF:] == GREY).flatten(2).all(-1)  # (B, 36)
    judged = torch.zeros_like(cut(whole), dtype=torch.bool)
    judged[:, :, :, HALF:] = lower[:, :, None, None, None]
    return laid(judged)


def squared_error(filled: Tensor, holes: Tensor, whole: Tensor) -> Tensor:
    """Mean squared error of what was missing."""
    judged = missing(holes, whole)
    return ((filled - whole).square() * judged).sum() / judged.sum()


def loss(net: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """The same, as a loss."""
    holes, whole = batch
    return squared_error(net(holes), holes, whole)


def lowest_row(holes: Tensor) -> Tensor:
    """Every lower half filled with the last row above it: what a tile says by itself."""
    tiles = cut(holes).clone()
    tiles[:, :, :, HALF:] = tiles[:, :, :, HALF - 1 : HALF]
    return laid(tiles)


def nearest_twin(holes: Tensor) -> Tensor:
    """Every hole filled with the lower half of the tile whose upper half is nearest, holes and itself left out."""
    tiles = cut(holes)
    upper = tiles[:, :, :, :HALF].flatten(2)  # (B, 36, 96)
    lower = tiles[:, :, :, HALF:]
    hole = (lower == GREY).flatten(2).all(-1)  # (B, 36)
    distance = torch.cdist(upper, upper).masked_fill(hole[:, None], torch.inf)
    distance = distance.masked_fill(torch.eye(distance.shape[1], dtype=torch.bool), torch.inf)
    which = distance.argmin(-1)  # (B, 36)
    found = lower.gather(1, which[:, :, None, None, None].expand_as(lower))
    filled = tiles.clone()
    filled[:, :, :, HALF:] = torch.where(hole[:, :, None, None, None], found, lower)
    return laid(filled)


def by_a_linear_map(holes: Tensor) -> Tensor:
    """Every hole filled by the best linear map from upper to lower halves of the photos that are trained on."""
    known = cut(pictures(torch.Generator().manual_seed(30_000), KNOWN, TRAINED_ON)[1]).flatten(0, 1)  # (n, 3, 8, 8)
    upper, lower = known[:, :, :HALF].flatten(1).double(), known[:, :, HALF:].flatten(1).double()
    solved = torch.linalg.lstsq(F.pad(upper, (0, 1), value=1.0), lower).solution  # (97, 96)
    tiles = cut(holes)
    guessed = F.pad(tiles[:, :, :, :HALF].flatten(2).double(), (0, 1), value=1.0) @ solved
    hole = (tiles[:, :, :, HALF:] == GREY).flatten(2).all(-1)[:, :, None, None, None]
    filled = tiles.clone()
    filled[:, :, :, HALF:] = torch.where(hole, guessed.float().unflatten(2, (3, HALF, TILE)), tiles[:, :, :, HALF:])
    return laid(filled)


FILLINGS = {
    "left grey": lambda x: x,
    "the row above": lowest_row,
    "a linear map": by_a_linear_map,
    "the nearest upper half": nearest_twin,
}


@torch.no_grad()
def decibels(fill: Any, asked: tuple[Tensor, Tensor]) -> float:
    """Peak signal-to-noise ratio over what was missing."""
    holes, whole = asked
    return photos.decibels(squared_error(fill(holes), holes, whole))


def measure(run: Run) -> Line:
    """Train one network; decibels over the holes of pictures made of another photo."""
    count = 5 if run.tiny else PICTURES
    choose = pictures(torch.Generator().manual_seed(10_000), count, CHOSEN_ON)
    test = pictures(torch.Generator().manual_seed(20_000), count, ASKED)
    if run.arm in FILLINGS:
        return {name: decibels(FILLINGS[run.arm], of) for name, of in (("validation", choose), ("decibels", test))}
    torch.manual_seed(run.seed)
    net = Filler(run.arm)
    groups = photos.groups(net, run.value)
    watch = None if run.search else lambda model: {"validation": round(decibels(model, choose), 3)}
    curve = fit(net, loss, lambda g: pictures(g, BATCH, TRAINED_ON), run.steps, run.value, run.seed, watch, groups)
    numbers: Line = {"validation": decibels(net, choose)}
    return numbers if run.search else numbers | {"decibels": decibels(net, test), "curve": curve}


EXPERIMENT = Experiment(
    name="far_twins",
    question="Is there a task on images that a block of attention solves, and convolutions do not?",
    prediction="Attention far ahead of all that cannot look; the nearest upper half, copied, is ahead of attention.",
    arms={name: Arm(what, RATES) for name, what in ARMS.items()},
    baselines={
        "left grey": Arm("nothing filled in", scale=0, once=("tiles",)),
        "the row above": Arm("the last row of the upper half, repeated", scale=0, once=("tiles",)),
        "a linear map": Arm("least squares from upper to lower half of one tile", scale=0, once=("tiles",)),
        "the nearest upper half": Arm(
            "the lower half of the tile whose upper half is nearest", scale=0, once=("tiles",)
        ),
    },
    seeds=(0, 1, 2),
    doubled=1,
    split={
        "train": f"tiles of {', '.join(TRAINED_ON)}, drawn as they are needed",
        "validation": f"{PICTURES} pictures of tiles of {CHOSEN_ON[0]}",
        "test": f"{PICTURES} pictures of tiles of {ASKED[0]}, the same for all",
    },
    budget={"tiles": 3_000},
    unit=f"step of {BATCH} pictures of 36 tiles",
    measure="decibels",
    run=measure,
    settings=SETTINGS
    | {"batch": BATCH, "tile": TILE, "grid": GRID, "gamma": GAMMA_FASTER, "model": [CHANNELS, D_KEY, D_VALUE]},
)

main(__name__, EXPERIMENT)
