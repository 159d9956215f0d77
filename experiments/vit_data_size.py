"""How many pictures does it take? A convolution network and a small vision transformer, the same number of steps.

Trained on 500, 5 000 and 50 000 pictures of Fashion-MNIST, and at 500 beside them a linear classifier on what a large
trained vision transformer, DINOv2 ViT-S/14, makes of the same pictures.

    python -m experiments.vit_data_size      some minutes on one core
"""

from __future__ import annotations

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
SIDE, FEATURE_TEST = 84, 1_000  # pixels of the enlarged pictures; test pictures that DINOv2 sees
PENALTY = 1.0


def some(labels: Tensor, count: int, seed: int) -> Tensor:
    """Numbers of ``count`` pictures, as many of each class as of the others."""
    generator = torch.Generator().manual_seed(seed)
    chosen = [torch.where(labels == c)[0] for c in range(10)]
    return torch.cat([of[torch.randperm(len(of), generator=generator)[: count // 10]] for of in chosen])


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


def make(name: str) -> nn.Module:
    """A fresh network."""
    return ConvNet() if name == "CNN" else small_vit()


def run(tiny: bool = False) -> dict[str, Any]:
    """Features first, then every network with every size and seed."""
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
    right: dict[str, dict[str, list[float]]] = {name: {str(size): [] for size in SIZES} for name in RATES}
    train_right: dict[str, dict[str, list[float]]] = {name: {str(size): [] for size in SIZES} for name in RATES}
    parameters: dict[str, int] = {}
    for seed in seeds:
        for size in SIZES:
            for name, rate in RATES.items():
                torch.manual_seed(seed)
                model = make(name)
                parameters[name] = sum(p.numel() for p in model.parameters())
                chosen = some(labels, size, seed)
                train(model, images[chosen], labels[chosen], 2 if tiny else STEPS, seed, rate)
                right[name][str(size)].append(share_right(model, held_out, answers))
                fitted = chosen[:: max(1, size // 500)]  # 50 of each class
                train_right[name][str(size)].append(share_right(model, images[fitted], labels[fitted]))
                print(seed, size, name, right[name][str(size)][-1], train_right[name][str(size)][-1], flush=True)
    return {
        "task": "ten classes of Fashion-MNIST, 28 x 28, no augmentation",
        "steps": STEPS,
        "batch": BATCH,
        "patch": PATCH,
        "learning_rates": RATES,
        "sizes": list(SIZES),
        "test_images": 2_000,
        "seeds": list(SEEDS),
        "parameters": parameters,
        "right": right,
        "train_right": train_right,
        "linear_on_500": linear,
        "linear_test_images": FEATURE_TEST,
        "linear_side": SIDE,
    }


main(__name__, run, SEED)
