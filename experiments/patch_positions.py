"""What positions bring to a small vision transformer, for patches of three sizes, and what else can be left out.

For each size of the patches the model with learned positions stands beside one that has none and never had: the gain is
what order says beyond the set of patches. With patches of 7 also the other ways to tell positions, and the mean of
the patches in place of the class token. Fashion-MNIST, 50 000 pictures.

    python -m experiments.patch_positions      resumable; ``--status`` says how long
"""

from __future__ import annotations

import torch
from torch import Tensor

from course_attn.vision.patches import patchify, unpatchify
from course_attn.vision.vit import ViT
from experiments.fashion import SPLIT, read, readers, share_right, splits, thinned, train
from experiments.fit import SETTINGS
from experiments.frame import Arm, Experiment, Line, Run, main

BATCH = 64
WIDTH, HEADS, LAYERS = 48, 4, 3
RATES = (1e-3, 3e-3, 9e-3)
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


def measure(run: Run) -> Line:
    """Train one network; share of pictures right, as they are and with their patches shuffled."""
    (known, choose, test), patch = splits(), int(run.case)
    if run.tiny:
        known, choose, test = thinned(known, 100), thinned(choose, 500), thinned(test, 500)
    if run.arm in EXPERIMENT.baselines:
        return read(run, known, choose, test)
    torch.manual_seed(run.seed)
    model = network(run.arm, patch)
    curve = train(run, model, known, choose, BATCH)
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
    baselines=readers(CASES),
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
