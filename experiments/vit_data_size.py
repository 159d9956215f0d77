"""How many pictures does it take? A convolution network and a small vision transformer, the same number of steps.

Trained on 500, 5 000 and 50 000 pictures of Fashion-MNIST, as they are and augmented (shifted a little and mirrored at
random each time they are seen), and asked about test pictures as they are and shifted. At 500 beside them a linear
classifier on what a large trained vision transformer, DINOv2 ViT-S/14, makes of the same pictures.

    python -m experiments.vit_data_size      about fifteen minutes on one core
"""

from __future__ import annotations

from itertools import product
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.pretrained.dinov2 import load_dinov2
from course_attn.vision.convnet import ConvNet
from experiments import main
from experiments.vit_ablation import BATCH, MEAN, PATCH, SPREAD, pictures, share_right, small_vit, train

SEED = 0
SEEDS = (0, 1, 2)
SIZES = (500, 5_000, 50_000)
STEPS = 1_500
RATES = {"CNN": 3e-3, "ViT": 6e-3}
SHIFT = 2  # pixels, at most, along each side
BLACK = -MEAN / SPREAD  # what comes in from outside
SIDE, FEATURE_TEST = 84, 1_000  # pixels of the enlarged pictures; test pictures that DINOv2 sees
PENALTY = 1.0


def some(labels: Tensor, count: int, seed: int) -> Tensor:
    """Numbers of ``count`` pictures, as many of each class as of the others."""
    generator = torch.Generator().manual_seed(seed)
    chosen = [torch.where(labels == c)[0] for c in range(10)]
    return torch.cat([of[torch.randperm(len(of), generator=generator)[: count // 10]] for of in chosen])


def shifted(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each picture ``(n, C, H, W)`` moved by up to ``SHIFT`` pixels along both sides, black coming in from outside."""
    n, _, height, width = images.shape
    padded = F.pad(images, (SHIFT,) * 4, value=BLACK)
    top, left = torch.randint(2 * SHIFT + 1, (2, n, 1), generator=generator)  # corner of each window, (n, 1)
    rows, columns = top + torch.arange(height), left + torch.arange(width)  # (n, H) and (n, W)
    which = torch.arange(n)[:, None, None]
    return padded[which, :, rows[:, :, None], columns[:, None, :]].movedim(-1, 1)  # (n, H, W, C) -> (n, C, H, W)


def augmented(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each picture shifted, and every other one, by chance, mirrored left to right."""
    moved = shifted(images, generator)
    mirror = torch.rand(len(images), generator=generator) < 0.5
    return torch.where(mirror[:, None, None, None], moved.flip(-1), moved)


@torch.no_grad()
def features(images: Tensor) -> Tensor:
    """DINOv2's class token beside the mean of its patches, ``(n, 768)``, for images of mean 0 and spread 1."""
    model, found = load_dinov2(), []
    for part in (images * SPREAD + MEAN).clamp(0, 1).split(20):
        large = F.interpolate(part, size=SIDE, mode="bilinear").expand(-1, 3, -1, -1)
        tokens = model(large)
        found.append(torch.cat([tokens[:, 0], tokens[:, 1:].mean(1)], dim=-1))
        print(end=".", flush=True)
    return torch.cat(found)


def linear_right(known: Tensor, labels: Tensor, asked: Tensor, answers: Tensor) -> float:
    """Share told rightly by a linear classifier on standardised features, fitted with a penalty on its weights."""
    mean, spread = known.mean(0), known.std(0) + 1e-6
    known, asked = (known - mean) / spread, (asked - mean) / spread
    weight = torch.zeros(known.shape[1], 10, requires_grad=True)
    bias = torch.zeros(10, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(known @ weight + bias, labels) + PENALTY * weight.square().sum() / len(known)
        loss.backward()
        return loss

    optimizer.step(closure)
    return round(float(((asked @ weight + bias).argmax(-1) == answers).float().mean()), 4)


WAYS = {"": None, "_augmented": augmented}  # what is done to a batch


def make(name: str) -> nn.Module:
    """A fresh network."""
    return ConvNet() if name == "CNN" else small_vit()


def run(tiny: bool = False) -> dict[str, Any]:
    """Features first, then every network with every size and seed, without and with augmentation."""
    images, labels, held_out, answers = pictures()
    test = 10 if tiny else FEATURE_TEST
    seeds = SEEDS[:1] if tiny else SEEDS
    few = some(labels, 50 if tiny else SIZES[0], SEED)
    seen = features(torch.cat([images[few], held_out[:test]]))
    raw = torch.cat([images[few], held_out[:test]]).flatten(1)
    linear = {
        name: linear_right(x[: len(few)], labels[few], x[len(few) :], answers[:test])
        for name, x in (("DINOv2", seen), ("pixels", raw))
    }
    print(linear, flush=True)
    # Shares right: of test pictures, of test pictures moved a little, of pictures trained on.
    kinds = ("right", "right_shifted", "train_right")
    table: dict[str, dict[str, dict[str, list[float]]]] = {
        kind + way: {name: {str(size): [] for size in SIZES} for name in RATES} for kind in kinds for way in WAYS
    }
    moved = shifted(held_out, torch.Generator().manual_seed(7))
    parameters: dict[str, int] = {}
    for seed, size, (name, rate), way in product(seeds, SIZES, RATES.items(), WAYS):
        torch.manual_seed(seed)
        model = make(name)
        parameters[name] = sum(p.numel() for p in model.parameters())
        chosen = some(labels, size, seed)
        train(model, images[chosen], labels[chosen], 2 if tiny else STEPS, seed, rate, WAYS[way])
        fitted = chosen[:: max(1, size // 500)]  # 50 of each class
        asked = ((held_out, answers), (moved, answers), (images[fitted], labels[fitted]))
        for kind, (x, y) in zip(kinds, asked, strict=True):
            table[kind + way][name][str(size)].append(share_right(model, x, y))
        print(seed, size, name + way, [table[kind + way][name][str(size)][-1] for kind in kinds], flush=True)
    return {
        "task": "ten classes of Fashion-MNIST, 28 x 28",
        "augmentation": f"each time shifted by up to {SHIFT} pixels along each side, mirrored with chance 1/2",
        "shift": SHIFT,
        "steps": STEPS,
        "batch": BATCH,
        "patch": PATCH,
        "learning_rates": RATES,
        "sizes": list(SIZES),
        "test_images": 2_000,
        "seeds": list(SEEDS),
        "parameters": parameters,
        **table,
        "linear_on_500": linear,
        "linear_test_images": FEATURE_TEST,
        "linear_side": SIDE,
    }


main(__name__, run, SEED)
