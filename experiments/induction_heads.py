"""Which heads does a language model need to go on with a sequence that it has seen once? One taken out at a time.

Random tokens, said twice, to SmolLM2-135M-Instruct in four bits. The head that copies and the head that looks one
token back are chosen on sequences of their own, by where they look; then each is silenced on sixteen others. Beside
them, on the same sequences, sixteen other heads of the copying head's own layers, and the whole model. The loss of the
first saying tells whether a silenced head is missed everywhere.

    python -m experiments.induction_heads      resumable; ``--status`` says how long
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from course_attn.attention import attention
from course_attn.multi_head import MultiHeadAttention
from course_attn.pretrained.head_scores import induction_scores, previous_token_scores
from course_attn.pretrained.smollm2 import SmolLM2, load_smollm2
from experiments.frame import Arm, Experiment, Line, Run, main

CHOOSING, CONTROLS = 8, 16  # sequences that the heads are chosen on; other heads that are silenced
AROUND = 2  # layers before and after the copying head's from which the others are drawn
Head = tuple[int, int]  # layer and head, from 0


@cache
def model() -> SmolLM2:
    """The language model, loaded once."""
    return load_smollm2()


def said_twice(seed: int, count: int, length: int) -> Tensor:
    """Random tokens and the same again, ``(B, 2 L)``."""
    once = torch.randint(1_000, 40_000, (count, length), generator=torch.Generator().manual_seed(seed))
    return torch.cat([once, once], dim=1)


@cache
def chosen(count: int = CHOOSING, length: int = 25) -> tuple[Head, Head, tuple[Head, ...]]:
    """The head that copies, the one that looks one back, and others of the copying head's layers."""
    maps = model().weights(said_twice(10_000, count, length))
    copying, previous = induction_scores(maps, length), previous_token_scores(maps)  # (layers, h)
    heads = copying.shape[1]
    copier = divmod(int(copying.argmax()), heads)
    carrier = divmod(int(previous[: copier[0]].argmax()), heads)  # it must stand before the copying head
    near = [(layer, h) for layer in range(copier[0] - AROUND, copier[0] + AROUND + 1) for h in range(heads)]
    # Not those that copy themselves, or look one back.
    near = [place for place in near if copying[place] < 0.1 and previous[place] < 0.5]
    order = torch.randperm(len(near), generator=torch.Generator().manual_seed(0)).tolist()
    return copier, carrier, tuple(near[i] for i in order[:CONTROLS])


def without(head: int) -> Callable[..., tuple[Tensor, Tensor]]:
    """Attention in which one head gives zero."""

    def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        output, weights = attention(query, key, value, mask)
        return output.index_fill(1, torch.tensor([head]), 0.0), weights

    return attend


@torch.no_grad()
def told(tokens: Tensor, silenced: tuple[Head, ...] = ()) -> tuple[float, float]:
    """Share of the second saying told rightly, and mean loss of the first, with heads silenced."""
    layers: list[MultiHeadAttention] = [model().decoder.blocks[layer].attention for layer, _ in silenced]  # type: ignore[misc]
    for layer, (_, head) in zip(layers, silenced, strict=True):
        layer.attend = without(head)
    try:
        logits = model()(tokens)
    finally:
        for layer in layers:
            layer.attend = None
    half = tokens.shape[1] // 2
    right = (logits[:, half:-1].argmax(-1) == tokens[:, half + 1 :]).float().mean()
    first = F.cross_entropy(logits[:, : half - 1].flatten(0, 1), tokens[:, 1:half].flatten())
    return float(right), float(first)


def measure(run: Run) -> Line:
    """Silence what the arm says on one sequence; share of its second saying told rightly."""
    tokens = said_twice(run.seed, 1, run.steps or 25)
    if run.arm == "the likeliest token of all":
        return {"right": 0.0, "first_loss": 0.0}  # a token drawn from 39 000 is never that one
    copier, carrier, others = chosen(2, 11) if run.tiny else chosen()
    sets: dict[str, list[tuple[Head, ...]]] = {
        "whole model": [()],
        "without the copying head": [(copier,)],
        "without the previous-token head": [(carrier,)],
        "without another head of these layers": [(other,) for other in (others[:2] if run.tiny else others)],
    }
    found = [told(tokens, silenced) for silenced in sets[run.arm]]
    right, first = (sum(x) / len(x) for x in zip(*found, strict=True))
    heads = [[layer + 1, head + 1] for silenced in sets[run.arm] for layer, head in silenced]
    each = [round(x[0], 4) for x in found]
    return {"right": round(right, 5), "first_loss": round(first, 4), "heads": heads, "right_each": each}


EXPERIMENT = Experiment(
    name="induction_heads",
    question="How much of the skill of going on with a repeated sequence hangs on one copying head, on one carrier?",
    prediction="Without the copying head a third is lost, without the previous-token one most, without others nothing.",
    arms={
        "without the copying head": Arm("the head with most weight on what came next the last time"),
        "without the previous-token head": Arm("the head before it with most weight on the token before"),
        "without another head of these layers": Arm(f"mean of {CONTROLS} others, two layers around: the control"),
    },
    baselines={
        "the likeliest token of all": Arm("what a count table says of random tokens: 0", scale=0),
        "whole model": Arm("nothing silenced"),
    },
    how="the two heads, by where they look in eight sequences that are not asked about",
    seeds=tuple(range(16)),
    split={
        "train": "none: the weights are given",
        "validation": f"{CHOOSING} sequences of 25, said twice: there the two heads are chosen",
        "test": "16 other sequences, one for each seed",
    },
    budget={"said twice": 25},
    unit="random token of the sequence",
    measure="right",
    run=measure,
    settings={"controls": CONTROLS, "around": AROUND, "choosing": CHOOSING},
)

main(__name__, EXPERIMENT)
