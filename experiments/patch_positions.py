"""What positions bring to a small vision transformer, for patches of three sizes, and what else can be left out.

For each size of the patches the model with learned positions stands beside one that has none and never had: the gain is
what order says beyond the set of patches. With patches of 7 also the other ways to tell positions, and the mean of
the patches in place of the class token. Fashion-MNIST, 50 000 pictures.

    python -m experiments.patch_positions      resumable; ``--status`` says how long
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.vision.patches import patchify, unpatchify
from course_attn.vision.vit import ViT
from experiments.fashion import SPLIT, Split, linear, nearest, share_right, splits
from experiments.fit import SETTINGS, fit
from experiments.frame import Arm, Experiment, Line, Run, main

BATCH, WATCHED = 64, 1_000
WIDTH, HEADS, LAYERS = 48, 4, 3
RATES = (1e-3, 3e-3, 9e-3)
PENALTIES = (0.1, 1.0, 10.0)
CASES = ("7", "14", "4")  # sides of the patches, the cheap ones first
CHANGES = {
    "no positions": {"positions": "none"},
    "learned positions": {"positions": "learned"},
    "sines along the row": {"positions": "sines"},
    "sines of row and column": {"positions": "sines_2d"},
    "learned row and column": {"positions": "learned_2d"},
    "relative positions": {"positions": "relative"},
    "mean of the patches": {"positions": "learned", "pool": "mean"},
}
ALWAYS = ("no positions", "learned positions")


def network(arm: str, patch: int) -> ViT:
    """A fresh network."""
    return ViT(28, patch, 1, WIDTH, HEADS, LAYERS, 2 * WIDTH, 10, **CHANGES[arm])  # type: ignore[arg-type]


def shuffled(images: Tensor, patch: int) -> Tensor:
    """The same pictures, the patches of each in an order of its own."""
    tokens = patchify(images, patch)  # (n, N, P P)
    order = torch.rand(tokens.shape[:2], generator=torch.Generator().manual_seed(7)).argsort(-1)
    mixed = tokens.gather(1, order[..., None].expand_as(tokens))
    return unpatchify(mixed, (28 // patch, 28 // patch), patch)


def loss(net: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Cross-entropy of the classes."""
    return F.cross_entropy(net(batch[0]), batch[1])


def measure(run: Run) -> Line:
    """Train one network; share of pictures right, as they are and with their patches shuffled."""
    (train, choose, test), patch = splits(), int(run.case)
    if run.tiny:
        train = Split(train.images[::100], train.labels[::100])
        choose, test = (Split(of.images[::500], of.labels[::500]) for of in (choose, test))
    if run.arm == "nearest picture":
        return {"right": int((nearest(train, test.images) == test.labels).sum()) / len(test.labels)}
    if run.arm == "linear on pixels":
        fitted = linear(train, run.value)
        return {"validation": share_right(fitted, *choose)} if run.search else {"right": share_right(fitted, *test)}

    def sample(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen = torch.randint(len(train.labels), (BATCH,), generator=generator)
        return train.images[chosen], train.labels[chosen]

    few = torch.arange(0, len(choose.labels), max(1, len(choose.labels) // WATCHED))
    torch.manual_seed(run.seed)
    model = network(run.arm, patch)
    watch = None if run.search else lambda net: {"validation": share_right(net, choose.images[few], choose.labels[few])}
    curve = fit(model, loss, sample, run.steps, run.value, run.seed, watch)
    numbers: Line = {"validation": share_right(model, *choose)}
    if run.search:
        return numbers
    mixed = share_right(model, shuffled(test.images, patch), test.labels)
    return numbers | {"right": share_right(model, *test), "right_shuffled": mixed, "curve": curve}


EXPERIMENT = Experiment(
    name="patch_positions",
    question="What do positions bring to a vision transformer, and does it depend on the size of the patches?",
    prediction="The smaller the patches, the more: much at 4, some at 7, next to nothing at 14; which kind, no matter.",
    arms={name: Arm(", ".join(f"{k} = {v}" for k, v in change.items()), RATES) for name, change in CHANGES.items()},
    baselines={
        "nearest picture": Arm("the class of the nearest training picture, pixel by pixel", scale=0, once=CASES),
        "linear on pixels": Arm("logistic regression, penalty from the search", PENALTIES, scale=0, once=CASES),
    },
    seeds=(0, 1, 2),
    doubled=1,
    split=SPLIT,
    budget=dict.fromkeys(CASES, 2_000),
    unit=f"step of {BATCH} pictures drawn at random from 50 000",
    measure="right",
    run=measure,
    settings=SETTINGS | {"batch": BATCH, "model": [WIDTH, HEADS, LAYERS]},
    absent=frozenset((name, case) for name in CHANGES if name not in ALWAYS for case in ("14", "4")),
)

main(__name__, EXPERIMENT)
