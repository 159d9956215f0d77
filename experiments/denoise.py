"""A block of self-attention in a small network that takes noise out of photos, beside filters that were never trained.

Four networks, all trained with the same schedule to the end: without a block, with a block in which each position sees
only itself (same parameters), with SAGAN's block, and with it but without pooling. Before them stand a Gaussian blur,
the same with colour blurred more than grey (the eye's trick and JPEG's), and non-local means, which looks for patches
that are alike; the width of each is chosen on the validation photo as the networks' rates are.

    python -m experiments.denoise      resumable; ``--status`` says how long
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

TRAINED_ON, CHOSEN_ON, ASKED = ("astronaut", "camera", "motorcycle_left"), "coffee", ("chelsea", "rocket")
CHANNELS, D_KEY, D_VALUE = 32, 8, 16
CROP, BATCH, NOISE = 32, 16, 0.3
MIDDLE = (128, 192)  # pixels of a photo that are judged: the block without pooling asks each position about every other
RATES = (1e-3, 3e-3, 9e-3)
WIDTHS = (0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.3)
PATCH, REACH = 5, 10  # non-local means: side of the patches, and how far it looks for others
ARMS = {
    "no block": "the convolutions alone",
    "sees only itself": "the block with its looking left out: same parameters, same shortcut",
    "pooled": "SAGAN's block, keys and values pooled",
    "all positions": "SAGAN's block, not pooled",
}


class Denoiser(nn.Module):
    """Half the size, the block, the size again; what comes out is what to take away."""

    def __init__(self, arm: str):
        super().__init__()
        make = ItselfOnly if arm == "sees only itself" else SaganAttention
        self.enter = nn.Sequential(
            nn.Conv2d(12, CHANNELS, 3, padding=1), nn.ReLU(), nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1), nn.ReLU()
        )
        self.block = None if arm == "no block" else make(CHANNELS, D_KEY, D_VALUE, pool=arm != "all positions")
        self.leave = nn.Sequential(
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1), nn.ReLU(), nn.Conv2d(CHANNELS, 12, 3, padding=1)
        )

    def forward(self, noisy: Tensor) -> Tensor:
        """Cleaner images ``(B, 3, H, W)``."""
        x = self.enter(F.pixel_unshuffle(noisy, 2))
        if self.block is not None:
            x = self.block(x)
        return noisy - F.pixel_shuffle(self.leave(x), 2)


def middles(names: tuple[str, ...]) -> list[Tensor]:
    """The middles of photos at half their size, ``(3, 128, 192)``: what is judged."""
    rows, columns = MIDDLE
    corners = [((x.shape[1] - rows) // 2, (x.shape[2] - columns) // 2) for x in photos.halved(names)]
    pairs = zip(photos.halved(names), corners, strict=True)
    return [x[:, top : top + rows, left : left + columns] for x, (top, left) in pairs]


def noisy(clean: Tensor, seed: int) -> Tensor:
    """With noise, the same for every arm."""
    return clean + NOISE * torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))


def loss(net: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Mean squared error of the cleaned crops."""
    clean, noise = batch
    return F.mse_loss(net(clean + noise), clean)


def blurred(image: Tensor, width: float) -> Tensor:
    """A Gaussian blur of ``(B, C, H, W)``, the edge repeated."""
    reach = max(1, round(3 * width))
    weights = torch.exp(-(torch.arange(-reach, reach + 1.0) ** 2) / (2 * width**2))
    weights = weights / weights.sum()
    channels = image.shape[1]
    for axis in (2, 3):
        shape = [1, 1, 1, 1]
        shape[axis] = len(weights)
        pad = (0, 0, reach, reach) if axis == 2 else (reach, reach, 0, 0)
        kernel = weights.view(shape).expand(channels, 1, *shape[2:])
        image = F.conv2d(F.pad(image, pad, mode="replicate"), kernel, groups=channels)
    return image


def blurred_colour(image: Tensor, width: float) -> Tensor:
    """Grey blurred by ``width``, colour by three times as much."""
    grey = image.mean(1, keepdim=True)
    return blurred(grey, width) + blurred(image - grey, 3 * width)


def non_local(image: Tensor, width: float) -> Tensor:
    """Non-local means: each pixel the mean of pixels within reach, weighted by how alike the patches around them are.

    The distance of two patches is what the noise alone does not explain; ``width`` sets how fast weights fall.

    Source: Buades, Coll & Morel, 2005, equation 3.
    """
    padded = F.pad(image, (REACH,) * 4, mode="reflect")
    height, width_of = image.shape[-2:]
    total, mixed = torch.zeros_like(image[:, :1]), torch.zeros_like(image)
    for down in range(2 * REACH + 1):
        for right in range(2 * REACH + 1):
            moved = padded[..., down : down + height, right : right + width_of]
            squared = F.avg_pool2d((moved - image).square().mean(1, keepdim=True), PATCH, 1, PATCH // 2)
            weight = torch.exp(-(squared - 2 * NOISE**2).clamp(min=0) / (width * NOISE / 10) ** 2)
            total, mixed = total + weight, mixed + weight * moved
    return mixed / total


FILTERS = {"Gaussian blur": blurred, "blur, colour more": blurred_colour, "non-local means": non_local}


@torch.no_grad()
def decibels(clean_up: Any, names: tuple[str, ...]) -> float:
    """Peak signal-to-noise ratio, mean over photos."""
    found = []
    for number, clean in enumerate(middles(names)):
        found.append(photos.decibels(F.mse_loss(clean_up(noisy(clean, 7 + number)[None])[0], clean)))
    return sum(found) / len(found)


def measure(run: Run) -> Line:
    """Train one network, or choose one filter; decibels on photos that nothing was trained or chosen on."""
    if run.arm == "as it is":
        return {"decibels": decibels(lambda x: x, ASKED)}
    if run.arm in FILTERS:
        name, asked = ("validation", (CHOSEN_ON,)) if run.search else ("decibels", ASKED)
        return {name: decibels(lambda x: FILTERS[run.arm](x, run.value), asked)}
    torch.manual_seed(run.seed)
    net = Denoiser(run.arm)

    def sample(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        clean = photos.squares(TRAINED_ON, BATCH, CROP, generator)
        return clean, NOISE * torch.randn(clean.shape, generator=generator)

    def watch(model: nn.Module) -> dict[str, float]:
        own = {"validation": round(decibels(model, (CHOSEN_ON,)), 3)}
        gates = photos.gates(model)
        return own | {"gamma": round(gates[0].item(), 4)} if gates else own

    groups = photos.groups(net, run.value)
    curve = fit(net, loss, sample, run.steps, run.value, run.seed, None if run.search else watch, groups)
    numbers: Line = {"validation": decibels(net, (CHOSEN_ON,))}
    return numbers if run.search else numbers | {"decibels": decibels(net, ASKED), "curve": curve}


EXPERIMENT = Experiment(
    name="denoise",
    question="Does a block of attention help a small network to take noise out of photos, and does the network help?",
    prediction="Trained to the end all four beat the blur; the block beats 'sees only itself' by less than the seeds.",
    arms={name: Arm(what, RATES) for name, what in ARMS.items()},
    baselines={
        "as it is": Arm("the noisy photo", scale=0, once=("photos",)),
        "Gaussian blur": Arm("every channel alike", WIDTHS, scale=0, once=("photos",)),
        "blur, colour more": Arm("colour three times as wide as grey", WIDTHS, scale=0, once=("photos",)),
        "non-local means": Arm("pixels whose patches are alike, within 10 pixels", WIDTHS, scale=0, once=("photos",)),
    },
    seeds=(0, 1, 2, 3, 4),
    search_seeds=(100, 101, 102),  # at 0.009 one run in two does not learn
    doubled=1,
    split={
        "train": f"crops of {', '.join(TRAINED_ON)}, at half size",
        "validation": f"the middle of the photo {CHOSEN_ON}",
        "test": f"the middles of the photos {' and '.join(ASKED)}",
    },
    budget={"photos": 2_000},
    unit=f"step of {BATCH} crops of {CROP} x {CROP}",
    measure="decibels",
    run=measure,
    settings=SETTINGS
    | {
        "batch": BATCH,
        "crop": CROP,
        "middle": MIDDLE,
        "noise": NOISE,
        "gamma": GAMMA_FASTER,
        "model": [CHANNELS, D_KEY, D_VALUE],
    },
)

main(__name__, EXPERIMENT)
