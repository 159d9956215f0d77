"""A small vision transformer on Fashion-MNIST, one choice changed at a time: positions, patch size, who answers.

Each model is also asked about pictures whose patches were shuffled, which says what it uses the positions for.

    python -m experiments.vit_ablation      some minutes on one core
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.data import fashion_mnist
from course_attn.train import Trainer, warmup_cosine
from course_attn.vision.patches import patchify, unpatchify
from course_attn.vision.vit import POSITIONS, ViT
from experiments import main

SEED = 0
SEEDS = (0, 1, 2)
WIDTH, HEADS, LAYERS, PATCH = 48, 4, 3, 7
STEPS, BATCH, RATE = 800, 32, 6e-3
TRAIN, TEST = 50_000, 2_000
MEAN, SPREAD = 0.286, 0.353  # of the training pictures
# What is changed, and to what; everything else stays as in the model with learned positions.
CHANGES: dict[str, dict[str, Any]] = {f"positions: {name}": {"positions": name} for name in POSITIONS} | {
    "mean of the patches": {"pool": "mean"},
    "patches of 4": {"patch": 4},
    "patches of 14": {"patch": 14},
}


def small_vit(positions: str = "learned", pool: str = "class", patch: int = PATCH) -> ViT:
    """The model of this experiment, fresh."""
    return ViT(28, patch, 1, WIDTH, HEADS, LAYERS, 2 * WIDTH, 10, positions=positions, pool=pool)


def pictures() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images ``(n, 1, 28, 28)`` to train on and their labels, then those to test on; mean 0, spread 1."""
    (images, labels), (held_out, answers) = fashion_mnist()
    return (
        (images[:TRAIN, None] / 255 - MEAN) / SPREAD,
        labels[:TRAIN],
        (held_out[:TEST, None] / 255 - MEAN) / SPREAD,
        answers[:TEST],
    )


def train(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    steps: int,
    seed: int,
    rate: float = RATE,
    vary: Callable[[Tensor, torch.Generator], Tensor] | None = None,
) -> nn.Module:
    """Train a classifier for a number of steps, whatever the number of images; ``vary`` changes those of a batch."""

    def sample(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen = torch.randint(len(images), (BATCH,), generator=generator)
        batch = images[chosen] if vary is None else vary(images[chosen], generator)
        return batch, labels[chosen]

    def loss(net: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        return F.cross_entropy(net(batch[0]), batch[1])

    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.05)
    schedule = warmup_cosine(total=steps, warmup=min(30, steps // 2))
    Trainer(model, loss, sample, optimizer, schedule=schedule, clip=1.0, seed=seed).run(steps, progress=False)
    return model.eval()


@torch.no_grad()
def share_right(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share of pictures told rightly."""
    parts = zip(images.split(500), labels.split(500), strict=True)
    right = sum(int((model(x).argmax(-1) == y).sum()) for x, y in parts)
    return round(right / len(images), 4)


def shuffled(images: Tensor, patch: int) -> Tensor:
    """The same pictures, the patches of each in an order of its own."""
    tokens = patchify(images, patch)  # (n, N, P P)
    order = torch.rand(tokens.shape[:2], generator=torch.Generator().manual_seed(7)).argsort(-1)
    mixed = tokens.gather(1, order[..., None].expand_as(tokens))
    return unpatchify(mixed, (28 // patch, 28 // patch), patch)


def run(tiny: bool = False) -> dict[str, Any]:
    """Train every variant with every seed."""
    images, labels, held_out, answers = pictures()
    if tiny:
        held_out, answers = held_out[:50], answers[:50]
    right: dict[str, list[float]] = {name: [] for name in CHANGES}
    right_shuffled: dict[str, list[float]] = {name: [] for name in CHANGES}
    parameters = {}
    for seed in SEEDS[:1] if tiny else SEEDS:
        for name, change in CHANGES.items():
            torch.manual_seed(seed)
            model = small_vit(**change)
            parameters[name] = sum(p.numel() for p in model.parameters())
            train(model, images, labels, 2 if tiny else STEPS, seed)
            right[name].append(share_right(model, held_out, answers))
            mixed = shuffled(held_out, change.get("patch", PATCH))
            right_shuffled[name].append(share_right(model, mixed, answers))
            print(seed, name, right[name][-1], right_shuffled[name][-1], flush=True)
    return {
        "task": "ten classes of Fashion-MNIST, 28 x 28",
        "width": WIDTH,
        "heads": HEADS,
        "layers": LAYERS,
        "patch": PATCH,
        "steps": STEPS,
        "batch": BATCH,
        "learning_rate": RATE,
        "train_images": TRAIN,
        "test_images": TEST,
        "seeds": list(SEEDS),
        "parameters": parameters,
        "right": right,
        "right_shuffled": right_shuffled,
    }


main(__name__, run, SEED)
