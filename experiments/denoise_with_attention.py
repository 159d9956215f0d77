"""A block of self-attention inside a small network that takes noise out of photos: does it open, and does it help?

Five photos are cut into crops to train on; the sixth, the cat, is only looked at. Four networks: without a block, with
a block in which each place sees only itself (same parameters), with SAGAN's block, and with it but without pooling.

    python -m experiments.denoise_with_attention      about four minutes on one core
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.data import photo
from course_attn.train import Trainer
from course_attn.vision.sagan import SaganAttention, map_of_pixel
from experiments import main

SEED = 0
SEEDS = (0, 1, 2)
TRAINED_ON = ("astronaut", "camera", "coffee", "motorcycle_left", "rocket")
CHANNELS, D_KEY, D_VALUE = 32, 8, 16
CROP, NOISE = 32, 0.3
STEPS, BATCH, RATE, RATE_OF_GAMMA = 800, 16, 3e-3, 1e-2
WAYS = ("none", "itself", "pooled", "all")
QUERIES = {"eye": (28, 29), "nose": (60, 56), "background": (28, 91)}  # rows and columns of the block's own grid


class ItselfOnly(SaganAttention):
    """SAGAN's block with the looking left out: each place mixes its own value alone."""

    def forward(self, features: Tensor, *, return_weights: bool = False) -> Tensor:
        """``(B, C, H, W)``; query and key are there and unused."""
        return features + self.gamma * self.output(self.value(features))


class Denoiser(nn.Module):
    """Half the size, the block, the size again; what comes out is what to take away."""

    def __init__(self, way: str):
        super().__init__()
        make = ItselfOnly if way == "itself" else SaganAttention
        self.enter = nn.Sequential(
            nn.Conv2d(12, CHANNELS, 3, padding=1), nn.ReLU(), nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1), nn.ReLU()
        )
        self.block = None if way == "none" else make(CHANNELS, D_KEY, D_VALUE, pool=way != "all")
        self.leave = nn.Sequential(
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1), nn.ReLU(), nn.Conv2d(CHANNELS, 12, 3, padding=1)
        )

    def features(self, noisy: Tensor) -> Tensor:
        """What the block is given, ``(B, C, H / 2, W / 2)``."""
        return self.enter(F.pixel_unshuffle(noisy, 2))

    def forward(self, noisy: Tensor) -> Tensor:
        """Cleaner images ``(B, 3, H, W)``."""
        x = self.features(noisy)
        if self.block is not None:
            x = self.block(x)
        return noisy - F.pixel_shuffle(self.leave(x), 2)


def crops(photos: list[Tensor], generator: torch.Generator) -> Tensor:
    """Random squares out of random photos, ``(BATCH, 3, CROP, CROP)``."""
    squares = []
    for which in torch.randint(len(photos), (BATCH,), generator=generator).tolist():
        height, width = photos[which].shape[-2:]
        top = int(torch.randint(height - CROP, (), generator=generator))
        left = int(torch.randint(width - CROP, (), generator=generator))
        squares.append(photos[which][:, top : top + CROP, left : left + CROP])
    return torch.stack(squares)


def loss_of(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Mean squared error of the cleaned crops."""
    clean, noise = batch
    return F.mse_loss(model(clean + noise), clean)


def train(way: str, seed: int, steps: int, photos: list[Tensor]) -> tuple[Denoiser, list[float]]:
    """Train one network; return it with its gamma before each step and at the end."""
    torch.manual_seed(seed)
    model = Denoiser(way)
    gates = [p for name, p in model.named_parameters() if name.endswith("gamma")]
    others = [p for name, p in model.named_parameters() if not name.endswith("gamma")]
    optimizer = torch.optim.Adam([{"params": others, "lr": RATE}, {"params": gates, "lr": RATE_OF_GAMMA}])

    def sample(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        clean = crops(photos, generator)
        return clean, NOISE * torch.randn(clean.shape, generator=generator)

    trainer = Trainer(model, loss_of, sample, optimizer, seed=seed)
    gammas = []
    for step in range(steps):
        gammas += [gate.item() for gate in gates]
        trainer.run(step + 1, progress=False)
    return model.eval(), gammas + [gate.item() for gate in gates]


def cat() -> Tensor:
    """The photo that no network was trained on, ``(1, 3, 128, 192)``, halved and cut to its head."""
    half = F.avg_pool2d(photo("chelsea")[None] / 255, 2)  # (1, 3, 150, 225)
    return half[..., :128, 20:212].contiguous()


def noisy_cat() -> Tensor:
    """The same with noise, always the same noise."""
    clean = cat()
    return clean + NOISE * torch.randn(clean.shape, generator=torch.Generator().manual_seed(7))


@torch.no_grad()
def decibels(cleaned: Tensor, clean: Tensor) -> float:
    """Peak signal-to-noise ratio."""
    return float(-10 * torch.log10(F.mse_loss(cleaned, clean)))


@torch.no_grad()
def maps_of(model: Denoiser) -> dict[str, list[list[int]]]:
    """Where three places of the cat look, as bytes: 255 is the largest weight of each map."""
    block: Any = model.block
    _, weights = block(model.features(noisy_cat()), return_weights=True)
    maps = {name: map_of_pixel(weights, (64, 96), place)[0] for name, place in QUERIES.items()}
    return {name: (255 * grid / grid.max()).round().int().tolist() for name, grid in maps.items()}


def run(tiny: bool = False) -> dict[str, Any]:
    """Train every way with every seed."""
    photos = [photo(name) / 255 for name in TRAINED_ON]
    clean, noisy = cat(), noisy_cat()
    quality: dict[str, list[float]] = {way: [] for way in WAYS}
    gammas: dict[str, list[list[float]]] = {way: [] for way in WAYS[1:]}
    maps, parameters = {}, {}
    for seed in SEEDS[:1] if tiny else SEEDS:
        for way in WAYS:
            model, gamma = train(way, seed, 2 if tiny else STEPS, photos)
            with torch.no_grad():
                quality[way].append(round(decibels(model(noisy), clean), 3))
            parameters[way] = sum(p.numel() for p in model.parameters())
            if way != "none":
                gammas[way].append([round(g, 4) for g in gamma[::20]])
            if way == "pooled" and seed == SEEDS[0]:
                maps = maps_of(model)
            print(way, seed, quality[way][-1], gamma[-1:], flush=True)
    return {
        "task": "noise of standard deviation 0.3 taken out of photos; trained on crops of five, measured on a sixth",
        "trained_on": list(TRAINED_ON),
        "crop": CROP,
        "noise": NOISE,
        "steps": STEPS,
        "batch": BATCH,
        "learning_rate": RATE,
        "learning_rate_of_gamma": RATE_OF_GAMMA,
        "seeds": list(SEEDS),
        "noisy_decibels": round(decibels(noisy, clean), 3),
        "parameters": parameters,
        "decibels": quality,
        "gamma_every": 20,
        "gamma": gammas,
        "queries": {name: list(place) for name, place in QUERIES.items()},
        "maps": maps,
    }


main(__name__, run, SEED)
