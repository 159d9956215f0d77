"""Heads that may look anywhere, trained to the end to tell clothes apart: do they come near, or did they start near?

Three layers of nine heads with learned centres (quadratic relative positions) stand where a small network has its three
convolutions. Centres start a pixel or two around the query, as in the paper; so a local head may be nothing but its
start. Beside it, therefore, heads that start all over the picture, heads that stay where chance put them, and 3 x 3
convolutions. Where every head stands before and after is stored with each run.

    python -m experiments.heads_that_look      resumable; ``--status`` says how long
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.vision.conv_attention import QuadraticAttention
from experiments.fashion import SPLIT, read, readers, share_right, splits, thinned, train
from experiments.fit import SETTINGS
from experiments.frame import Arm, Experiment, Line, Run, main

LAYERS, CHANNELS, HEADS, BATCH = 3, 16, 9, 32
PLACES_FASTER = 10  # the rate of centres and sharpness over that of all else
FAR = 5.0  # spread of centres that start all over the picture of 14 x 14
RATES = (1e-3, 3e-3, 9e-3)
ARMS = {
    "learned": "centres and sharpness learned, started a pixel or two from the query",
    "learned, started far": "the same, started all over the picture",
    "fixed at random": "centres and sharpness left where chance put them, near the query",
    "convolution": "3 x 3, as many numbers less the places",
}


class Classifier(nn.Module):
    """Blocks of 2 x 2 pixels as channels, then three mixing layers, then an average over all positions."""

    def __init__(self, arm: str):
        super().__init__()
        self.widen = nn.Conv2d(4, CHANNELS, 1)
        self.mix = nn.ModuleList(_mixing(arm) for _ in range(LAYERS))
        self.norm = nn.ModuleList(nn.BatchNorm2d(CHANNELS) for _ in range(LAYERS))
        self.head = nn.Linear(CHANNELS, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``(B, 10)`` of images ``(B, 1, 28, 28)``."""
        x = self.widen(F.pixel_unshuffle(images, 2))  # (B, C, 14, 14)
        for mix, norm in zip(self.mix, self.norm, strict=True):
            x = F.relu(norm(mix(x)))
        return self.head(x.mean((-2, -1)))

    def heads(self) -> list[QuadraticAttention]:
        """The layers that look."""
        return [mix for mix in self.mix if isinstance(mix, QuadraticAttention)]


def _mixing(arm: str) -> nn.Module:
    if arm == "convolution":
        return nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
    layer = QuadraticAttention(CHANNELS, CHANNELS, HEADS, padding=(1, 1), margin=(1, 1))
    if arm == "learned, started far":
        with torch.no_grad():
            layer.centre.copy_(FAR * torch.randn(HEADS, 2))
    for places in (layer.centre, layer.sharpness):
        places.requires_grad_(arm != "fixed at random")
    return layer


def places_of(model: Classifier) -> dict[str, list[Any]]:
    """Centre and sharpness of every head: ``[layer][head]``."""
    return {
        "centres": [[[round(v, 3) for v in head] for head in layer.centre.tolist()] for layer in model.heads()],
        "sharpness": [[round(v, 3) for v in layer.sharpness.tolist()] for layer in model.heads()],
    }


def groups(model: Classifier, rate: float) -> list[dict[str, Any]]:
    """Two groups: what says where to look is trained faster, and does not decay towards the query."""
    places = [p for layer in model.heads() for p in (layer.centre, layer.sharpness) if p.requires_grad]
    others = [p for p in model.parameters() if p.requires_grad and not any(p is q for q in places)]
    own = [{"params": places, "lr": PLACES_FASTER * rate, "weight_decay": 0.0}] if places else []
    return [{"params": others, "lr": rate}, *own]


def measure(run: Run) -> Line:
    """Train one network; share of the pictures told rightly, and where its heads look before and after."""
    known, choose, test = splits()
    if run.tiny:
        known, choose, test = thinned(known, 100), thinned(choose, 500), thinned(test, 500)
    if run.arm in EXPERIMENT.baselines:
        return read(run, known, choose, test)
    torch.manual_seed(run.seed)
    model = Classifier(run.arm)
    before = places_of(model)
    curve = train(run, model, known, choose, BATCH, groups=groups(model, run.value))
    numbers: Line = {"validation": share_right(model, *choose)}
    if run.search:
        return numbers
    places = {"before": before, "after": places_of(model)}
    return numbers | {"right": share_right(model, *test), "curve": curve, "places": places}


EXPERIMENT = Experiment(
    name="heads_that_look",
    question="Do heads that may look anywhere learn to look near, and does learning where to look help?",
    prediction="Sharp and near in the first layer even if started far; ahead of fixed places and of 3 x 3 by a little.",
    arms={name: Arm(what, RATES, like="learned" if "far" in name else "") for name, what in ARMS.items()},
    baselines=readers(("all",)),
    seeds=(0, 1, 2),
    doubled=1,
    split=SPLIT,
    budget={"all": 1_500},
    unit=f"step of {BATCH} pictures drawn at random from 50 000",
    measure="right",
    run=measure,
    settings=SETTINGS | {"batch": BATCH, "model": [LAYERS, CHANNELS, HEADS], "far": FAR, "places": PLACES_FASTER},
)

main(__name__, EXPERIMENT)
