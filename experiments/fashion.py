"""Fashion-MNIST for the framed experiments: a validation split, the test set, answers without a network, training."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.data import fashion_mnist
from experiments.fit import fit
from experiments.frame import Arm, Line, Run

MEAN, SPREAD = 0.286, 0.353  # of the training pictures
BLACK = -MEAN / SPREAD  # what comes in from outside
SHIFT = 2  # pixels, at most, along each side
HELD_BACK = 1_000  # pictures of each class that are never trained on: the validation split
WATCHED = 1_000  # pictures of it that a learning curve is made of
PENALTIES = (0.1, 1.0, 10.0)  # of the linear map on all pictures
SPLIT = {
    "train": "up to 50 000 of the 60 000 training pictures, as many of each class",
    "validation": "the last 1 000 training pictures of each class, never trained on",
    "test": "all 10 000 test pictures, once, after everything was chosen",
}


class Split(NamedTuple):
    """Pictures ``(n, 1, 28, 28)`` of mean 0 and spread 1, and their classes ``(n,)``."""

    images: Tensor
    labels: Tensor


@cache
def splits() -> tuple[Split, Split, Split]:
    """Pictures to train on (50 000), to choose by (10 000) and to test on (10 000)."""
    known, asked = fashion_mnist()
    of_class = [torch.where(known.labels == c)[0] for c in range(10)]
    train = torch.cat([where[:-HELD_BACK] for where in of_class])
    choose = torch.cat([where[-HELD_BACK:] for where in of_class])
    ready = [(part.images[:, None] / 255 - MEAN) / SPREAD for part in (known, asked)]
    return (
        Split(ready[0][train], known.labels[train]),
        Split(ready[0][choose], known.labels[choose]),
        Split(ready[1], asked.labels),
    )


def some(labels: Tensor, count: int, seed: int) -> Tensor:
    """Numbers of ``count`` pictures, as many of each class as of the others."""
    generator = torch.Generator().manual_seed(seed)
    of_class = [torch.where(labels == c)[0] for c in range(10)]
    return torch.cat([of[torch.randperm(len(of), generator=generator)[: count // 10]] for of in of_class])


def shifted(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each picture ``(n, C, H, W)`` moved by up to ``SHIFT`` pixels along both sides, black coming in from outside."""
    n, _, height, width = images.shape
    padded = F.pad(images, (SHIFT,) * 4, value=BLACK)
    top, left = torch.randint(2 * SHIFT + 1, (2, n, 1), generator=generator)  # corner of each window, (n, 1)
    rows, columns = top + torch.arange(height), left + torch.arange(width)  # (n, H) and (n, W)
    which = torch.arange(n)[:, None, None]
    return padded[which, :, rows[:, :, None], columns[:, None, :]].movedim(-1, 1)  # (n, H, W, C) -> (n, C, H, W)


@torch.no_grad()
def share_right(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share of pictures told rightly."""
    parts = zip(images.split(500), labels.split(500), strict=True)
    return sum(int((model(x).argmax(-1) == y).sum()) for x, y in parts) / len(images)


def thinned(of: Split, every: int) -> Split:
    """Every so many-th picture."""
    return Split(of.images[::every], of.labels[::every])


def loss(net: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Cross-entropy of the classes."""
    return F.cross_entropy(net(batch[0]), batch[1])


def train(
    run: Run,
    model: nn.Module,
    known: Split,
    choose: Split,
    batch: int,
    change: Callable[[Tensor, torch.Generator], Tensor] | None = None,
    groups: list[dict[str, Any]] | None = None,
) -> list[dict[str, float]]:
    """Train a model in place on pictures drawn from ``known`` and changed by ``change``; its learning curve."""

    def sample(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen = torch.randint(len(known.labels), (batch,), generator=generator)
        images = known.images[chosen]
        return change(images, generator) if change else images, known.labels[chosen]

    few = thinned(choose, max(1, len(choose.labels) // WATCHED))
    watch = None if run.search else lambda net: {"validation": share_right(net, *few)}
    return fit(model, loss, sample, run.steps, run.value, run.seed, watch, groups)


def nearest(known: Split, images: Tensor) -> Tensor:
    """Class of the nearest known picture, pixel by pixel, for each of ``images``: ``(n,)``."""
    flat = known.images.flatten(1)
    half = flat.square().sum(1) / 2
    found = [(part.flatten(1) @ flat.T - half).argmax(1) for part in images.split(500)]  # |x - y|^2 without |x|^2
    return known.labels[torch.cat(found)]


def linear(known: Split, penalty: float, iterations: int = 100) -> nn.Module:
    """Logistic regression on standardised pixels, with ``penalty`` times the squared weights in the sum of losses."""
    flat = known.images.flatten(1)
    mean, spread = flat.mean(0), flat.std(0) + 0.05  # pixels that are nearly always black stay small
    model = nn.Linear(flat.shape[1], 10)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=iterations, line_search_fn="strong_wolfe")
    standard = (flat - mean) / spread

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(standard), known.labels) + penalty * model.weight.square().sum() / len(flat)
        loss.backward()
        return loss

    optimizer.step(closure)
    return nn.Sequential(nn.Flatten(), _Standardise(mean, spread), model)


class _Standardise(nn.Module):
    def __init__(self, mean: Tensor, spread: Tensor):
        super().__init__()
        self.mean, self.spread = mean, spread

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.spread


def readers(cases: tuple[str, ...]) -> dict[str, Arm]:
    """The baselines without a network, of the experiments that train on all pictures."""
    return {
        "nearest picture": Arm("the class of the nearest training picture, pixel by pixel", scale=0, once=cases),
        "linear on pixels": Arm("logistic regression, penalty from the search", PENALTIES, scale=0, once=cases),
    }


def read(run: Run, known: Split, choose: Split, test: Split) -> Line:
    """What a baseline of :func:`readers` gets right."""
    if run.arm == "nearest picture":
        return {"right": int((nearest(known, test.images) == test.labels).sum()) / len(test.labels)}
    fitted = linear(known, run.value)
    return {"validation": share_right(fitted, *choose)} if run.search else {"right": share_right(fitted, *test)}
