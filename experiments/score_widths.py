"""Five ways to score, from vectors of three numbers to vectors of sixty-four: does the ranking outlive the width?

Six keys are drawn at random and the query is a noisy copy of one of them; the score is right when that key gets most.
With three numbers the lengths of random keys differ much and the dot product is fooled by long ones; with sixty-four
they hardly differ. The additive score is an odd function without a constant, which can only hurt where the data are
symmetric about zero: in one case, therefore, the same keys are moved by 1 along every axis.

    python -m experiments.score_widths      resumable; ``--status`` says how long
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_attn.scores import AdditiveScore, BilinearScore, cosine_scores, dot_scores
from experiments.fit import SETTINGS, fit
from experiments.frame import Arm, Experiment, Line, Run, main

KEYS, BATCH, NOISE, HIDDEN = 6, 128, 0.3, 32
CHOOSING, ASKED = 5_000, 20_000
RATES = (3e-3, 1e-2, 3e-2)
CASES = {"3": (3, 0.0), "3, moved by 1": (3, 1.0), "8": (8, 0.0), "16": (16, 0.0), "64": (64, 0.0)}
Score = Callable[[Tensor, Tensor], Tensor]


def questions(generator: torch.Generator, count: int, width: int, moved: float) -> tuple[Tensor, Tensor, Tensor]:
    """Queries ``(B, 1, d)``, keys ``(B, 6, d)`` and which key is right ``(B,)``."""
    keys = torch.randn(count, KEYS, width, generator=generator) + moved
    right = torch.randint(KEYS, (count,), generator=generator)
    noise = NOISE * torch.randn(count, width, generator=generator)
    return (keys[torch.arange(count), right] + noise)[:, None], keys, right


class AdditiveWithConstant(nn.Module):
    """The additive score with a 1 appended to each query: a bias inside the tanh."""

    def __init__(self, width: int):
        super().__init__()
        self.score = AdditiveScore(width + 1, width, HIDDEN)

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """Scores ``(B, N, M)``."""
        return self.score(torch.cat([query, torch.ones_like(query[..., :1])], dim=-1), key)


def nearness(query: Tensor, key: Tensor) -> Tensor:
    """Minus the distance: what no score can beat here, since the noise is the same along every axis."""
    return -torch.cdist(query, key)


LEARNED: dict[str, Callable[[int], nn.Module]] = {
    "bilinear": lambda width: BilinearScore(width, width),
    "additive": lambda width: AdditiveScore(width, width, HIDDEN),
    "additive + 1": AdditiveWithConstant,
}
FIXED: dict[str, Score] = {
    "always the first key": lambda query, key: -torch.arange(float(KEYS)).expand(len(query), 1, KEYS),
    "dot": dot_scores,
    "cosine": cosine_scores,
    "nearest": nearness,
}


@torch.no_grad()
def share_found(score: Score, asked: tuple[Tensor, Tensor, Tensor]) -> float:
    """Share of queries whose right key gets the most."""
    query, keys, right = asked
    return int((score(query, keys)[:, 0].argmax(-1) == right).sum()) / len(right)


def loss(score: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """The scores are logits, the right key is the class."""
    query, keys, right = batch
    return nn.functional.cross_entropy(score(query, keys)[:, 0], right)


def measure(run: Run) -> Line:
    """Train one score, or take one that has nothing to learn; share of the right keys found."""
    width, moved = CASES[run.case]
    counts = (50, 50) if run.tiny else (CHOOSING, ASKED)
    choose = questions(torch.Generator().manual_seed(10_000), counts[0], width, moved)
    test = questions(torch.Generator().manual_seed(20_000), counts[1], width, moved)
    if run.arm in FIXED:
        return {"right": share_found(FIXED[run.arm], test)}
    torch.manual_seed(run.seed)
    score = LEARNED[run.arm](width)
    watch = None if run.search else lambda net: {"validation": share_found(net, choose)}
    curve = fit(score, loss, lambda g: questions(g, BATCH, width, moved), run.steps, run.value, run.seed, watch)
    numbers: Line = {"validation": share_found(score, choose)}
    return numbers if run.search else numbers | {"right": share_found(score, test), "curve": curve}


EXPERIMENT = Experiment(
    name="score_widths",
    question="Which score finds the right key, and is the ranking at three numbers that of wider vectors?",
    prediction="Dot far behind cosine at 3, level from 16 on; additive at chance about zero, not when moved by 1.",
    arms={
        "bilinear": Arm("q W k", RATES),
        "additive": Arm(f"v tanh(W q + W k), {HIDDEN} hidden", RATES),
        "additive + 1": Arm("the same with a constant inside the tanh", RATES),
    },
    baselines={
        "always the first key": Arm("chance", scale=0, once=tuple(CASES)),
        "dot": Arm("nothing to learn; scaled or not, the largest is the same", scale=0, once=tuple(CASES)),
        "cosine": Arm("nothing to learn", scale=0, once=tuple(CASES)),
        "nearest": Arm("the key at the smallest distance: the best there is", scale=0, once=tuple(CASES)),
    },
    seeds=(0, 1, 2),
    split={
        "train": "queries drawn as they are needed",
        "validation": f"{CHOOSING} from another seed",
        "test": f"{ASKED} from a third, the same for all",
    },
    budget=dict.fromkeys(CASES, 800),
    unit=f"step of {BATCH} queries",
    measure="right",
    run=measure,
    settings=SETTINGS | {"batch": BATCH, "noise": NOISE, "keys": KEYS, "hidden": HIDDEN},
)

main(__name__, EXPERIMENT)
