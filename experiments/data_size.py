"""How many pictures does it take? A convolution network and a small vision transformer, each trained to the end.

On 500, 5 000 and 50 000 pictures of Fashion-MNIST, beside logistic regression on the pixels and the nearest picture.
The vision transformer is also trained on as many multiply-adds as the convolution network, which takes 3.5 times the
steps; both are also trained on pictures that are shifted a little each time. They are not mirrored: all shoes of this
set point to the left, so a mirrored shoe is a picture that the test never shows.

    python -m experiments.data_size      resumable; ``--status`` says how long
"""

from __future__ import annotations

import torch
from torch import nn

from course_attn.vision.convnet import ConvNet
from course_attn.vision.vit import ViT
from experiments.fashion import SPLIT, Split, linear, nearest, share_right, shifted, some, splits, thinned, train
from experiments.fit import SETTINGS
from experiments.frame import Arm, Experiment, Line, Run, main

BATCH = 64
WIDTH, HEADS, LAYERS, PATCH = 48, 4, 3, 7
RATES = (1e-3, 3e-3, 9e-3)
PENALTIES = (1.0, 10.0, 100.0)
SAME_COST = 3.5  # multiply-adds of the convolution network over those of the vision transformer
ALL = ("50000",)  # the subset is the whole split: the seed draws nothing


def network(arm: str) -> nn.Module:
    """A fresh network."""
    if arm.startswith("CNN"):
        return ConvNet()
    return ViT(28, PATCH, 1, WIDTH, HEADS, LAYERS, 2 * WIDTH, 10)


def answers(run: Run, known: Split, choose: Split, asked: list[Split]) -> tuple[list[float], Line]:
    """Shares right of every split asked, and what else there is to tell."""
    if run.arm == "one class":
        return [int((of.labels == 0).sum()) / len(of.labels) for of in asked], {}
    if run.arm == "nearest picture":
        return [int((nearest(known, of.images) == of.labels).sum()) / len(of.labels) for of in asked], {}
    if run.arm == "linear on pixels":
        model = linear(known, run.value)
        return [share_right(model, *of) for of in asked], {}
    torch.manual_seed(run.seed)
    model = network(run.arm)
    curve = train(run, model, known, choose, BATCH, shifted if "shifted" in run.arm else None)
    return [share_right(model, *of) for of in asked], {"curve": curve}


def measure(run: Run) -> Line:
    """Train on as many pictures as the case says; shares right."""
    known, choose, test = splits()
    chosen = some(known.labels, int(run.case), run.seed)
    known = Split(known.images[chosen], known.labels[chosen])
    if run.tiny:
        choose, test = thinned(choose, 500), thinned(test, 500)
    if run.search:
        return {"validation": answers(run, known, choose, [choose])[0][0]}
    moved = Split(shifted(test.images, torch.Generator().manual_seed(7)), test.labels)
    fitted = thinned(known, len(chosen) // 500)  # 50 of each class
    shares, more = answers(run, known, choose, [test, moved, choose, fitted])
    return dict(zip(("right", "right_shifted", "validation", "train"), shares, strict=True)) | more


EXPERIMENT = Experiment(
    name="data_size",
    question="How many pictures does a vision transformer need beside a convolution network, both trained to the end?",
    prediction="Behind at 500 by much, at 50 000 by little; equal multiply-adds take part of the gap, shifting more.",
    arms={
        "CNN": Arm("four 3 x 3 convolutions, 61 050 parameters", RATES),
        "ViT": Arm("three blocks, 48 wide, patches of 7; as many steps as the CNN", RATES),
        "ViT, equal multiply-adds": Arm("the same, 3.5 times the steps", RATES, like="ViT", scale=SAME_COST),
        "CNN, shifted": Arm("each picture moved by up to 2 pixels each time", RATES),
        "ViT, shifted": Arm("each picture moved by up to 2 pixels each time; as many steps as the CNN", RATES),
        "ViT, shifted, equal multiply-adds": Arm(
            "the same, 3.5 times the steps", RATES, like="ViT, shifted", scale=SAME_COST
        ),
    },
    baselines={
        "one class": Arm("always the same answer", scale=0, once=("500", "5000", "50000")),
        "nearest picture": Arm("the class of the nearest training picture, pixel by pixel", scale=0, once=ALL),
        "linear on pixels": Arm("logistic regression, penalty from the search", PENALTIES, scale=0, once=ALL),
    },
    seeds=(0, 1, 2),
    close={"5000": (3, 4)},  # where the vision transformer and the linear map lie close
    doubled=1,
    split=SPLIT,
    budget={"500": 800, "5000": 1_600, "50000": 4_000},
    unit=f"step of {BATCH} pictures drawn at random",
    measure="right",
    run=measure,
    settings=SETTINGS | {"batch": BATCH, "model": [WIDTH, HEADS, LAYERS, PATCH], "shift": 2},
    absent=frozenset({("ViT, shifted, equal multiply-adds", "50000")}),
)

main(__name__, EXPERIMENT)
