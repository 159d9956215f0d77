"""Heads that may look anywhere, trained to tell clothes apart: where do they come to look?

Three layers of nine heads with learned centres (quadratic relative positions) stand where a small network has its three
convolutions. Beside it: the same layers with centres and sharpness left where chance put them, and 3 x 3 convolutions.

    python -m experiments.heads_on_images      about three minutes on one core
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.data import fashion_mnist
from course_attn.train import Trainer, warmup_cosine
from course_attn.vision.conv_attention import QuadraticAttention
from experiments import main

SEED = 0
SEEDS = (0, 1, 2)
LAYERS, CHANNELS, HEADS = 3, 16, 9
STEPS, BATCH, RATE, RATE_OF_PLACES = 300, 32, 3e-3, 3e-2
TRAIN, TEST = 10_000, 2_000
WAYS = ("learned", "fixed at random", "convolution")


class Classifier(nn.Module):
    """Blocks of 2 x 2 pixels as channels, then three mixing layers, then an average over all places."""

    def __init__(self, way: str):
        super().__init__()
        self.widen = nn.Conv2d(4, CHANNELS, 1)
        make = (lambda: nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)) if way == "convolution" else _heads
        self.mix = nn.ModuleList(make() for _ in range(LAYERS))
        self.norm = nn.ModuleList(nn.BatchNorm2d(CHANNELS) for _ in range(LAYERS))
        self.head = nn.Linear(CHANNELS, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``(B, 10)`` of images ``(B, 1, 28, 28)``."""
        x = self.widen(F.pixel_unshuffle(images, 2))  # (B, C, 14, 14)
        for mix, norm in zip(self.mix, self.norm, strict=True):
            x = F.relu(norm(mix(x)))
        return self.head(x.mean((-2, -1)))


def _heads() -> QuadraticAttention:
    return QuadraticAttention(CHANNELS, CHANNELS, HEADS, padding=(1, 1), margin=(1, 1))


def loss_of(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Cross-entropy of the classes."""
    images, labels = batch
    return F.cross_entropy(model(images), labels)


def places_of(model: Classifier) -> dict[str, list[Any]]:
    """Centre and sharpness of every head: ``[layer][head]``."""
    layers = [mix for mix in model.mix if isinstance(mix, QuadraticAttention)]
    return {
        "centres": [[[round(v, 3) for v in head] for head in mix.centre.tolist()] for mix in layers],
        "sharpness": [[round(v, 3) for v in mix.sharpness.tolist()] for mix in layers],
    }


def train(way: str, seed: int, steps: int, images: Tensor, labels: Tensor) -> tuple[Classifier, dict[str, Any]]:
    """Train one network; return it with the heads' places before and after."""
    torch.manual_seed(seed)
    model = Classifier(way)
    places = [p for name, p in model.named_parameters() if name.endswith(("centre", "sharpness"))]
    others = [p for name, p in model.named_parameters() if not name.endswith(("centre", "sharpness"))]
    groups: list[dict[str, Any]] = [{"params": others, "lr": RATE}]
    if way == "learned":
        groups.append({"params": places, "lr": RATE_OF_PLACES})
    for parameter in places:
        parameter.requires_grad_(way == "learned")
    before = places_of(model)

    def sample(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen = torch.randint(len(images), (BATCH,), generator=generator)
        return images[chosen], labels[chosen]

    # Rates that end near 0: the last steps must not run ahead of the averages that batch normalisation keeps.
    schedule = warmup_cosine(total=steps, warmup=min(20, steps // 2))
    Trainer(model, loss_of, sample, torch.optim.Adam(groups), schedule=schedule, seed=seed).run(steps, progress=False)
    return model, {"before": before, "after": places_of(model)}


@torch.no_grad()
def share_right(model: Classifier, images: Tensor, labels: Tensor) -> float:
    """Share of the test pictures told rightly."""
    model.eval()
    parts = zip(images.split(250), labels.split(250), strict=True)
    return sum(float((model(x).argmax(-1) == y).sum()) for x, y in parts) / len(images)


def run(tiny: bool = False) -> dict[str, Any]:
    """Train every way with every seed."""
    (train_images, train_labels), (test_images, test_labels) = fashion_mnist()
    images, labels = train_images[:TRAIN, None] / 255, train_labels[:TRAIN]
    held_out, answers = test_images[:TEST, None] / 255, test_labels[:TEST]
    right: dict[str, list[float]] = {way: [] for way in WAYS}
    places, parameters = [], {}
    for way in WAYS:
        for seed in SEEDS[:1] if tiny else SEEDS:
            model, moved = train(way, seed, 2 if tiny else STEPS, images, labels)
            right[way].append(round(share_right(model, held_out, answers), 4))
            parameters[way] = sum(p.numel() for p in model.parameters())
            if way == "learned":
                places.append(moved)
            print(way, seed, right[way][-1], flush=True)
    return {
        "task": "ten classes of Fashion-MNIST, blocks of 2 x 2 pixels as channels (14 x 14 places)",
        "train_images": TRAIN,
        "test_images": TEST,
        "steps": STEPS,
        "batch": BATCH,
        "learning_rate": RATE,
        "learning_rate_of_places": RATE_OF_PLACES,
        "layers": LAYERS,
        "heads": HEADS,
        "seeds": list(SEEDS),
        "parameters": parameters,
        "right": right,
        "places": places,
    }


main(__name__, run, SEED)
