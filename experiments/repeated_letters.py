"""Which letters of a word stand in it more than once? A task for which uniform weights are enough.

The other side of ``twin_letters``. A letter need not be compared with the others to tell: the mean of the word says how
often each letter stands in it, and a feed-forward network that knows its own letter reads that off. So uniform weights,
trained, should do what learned ones do; and what alternates with attention is left out in turn: both feed-forward
networks, then the layer norms too (a norm divides, and so is not linear either), or both layers of attention.

    python -m experiments.repeated_letters      resumable; ``--status`` says how long
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.multi_head import MultiHeadAttention
from course_attn.transformer import TransformerEncoder
from experiments.fit import SETTINGS, fit
from experiments.frame import Arm, Experiment, Line, Run, main
from experiments.twin_letters import Nothing, uniform

ALPHABET, LENGTH = 8, 7  # eight letters are enough for cabbages
WIDTH, LAYERS, BATCH = 32, 2, 64
CHOOSING, ASKED = 2_000, 8_000
RATES = (1e-3, 3e-3, 9e-3)


class NoLooking(nn.Module):
    """Stands where the attention was: adds nothing."""

    def forward(self, x: Tensor, **options: object) -> Tensor:
        """``(B, N, D)`` of zeros."""
        return torch.zeros_like(x)


class Reader(nn.Module):
    """Letters as vectors, two blocks of attention and feed-forward, one linear map."""

    def __init__(self, arm: str):
        super().__init__()
        self.letter = nn.Embedding(ALPHABET, WIDTH)
        attend = uniform if "uniform" in arm else None
        self.blocks = TransformerEncoder(
            WIDTH, 1, 2 * WIDTH, LAYERS, make_attention=lambda: MultiHeadAttention(WIDTH, 1, attend=attend)
        )
        for block in self.blocks.blocks:
            if "no feed-forward" in arm:
                block.feed_forward = Nothing()
            if "no attention" in arm:
                block.attention = NoLooking()
            if "no norm" in arm:
                block.around_attention.norm = nn.Identity()
        if "no norm" in arm:
            self.blocks.final_norm = nn.Identity()
        self.read = nn.Linear(WIDTH, 2)

    def forward(self, letters: Tensor) -> Tensor:
        """Logits of "once" and "more than once", ``(B, N, 2)``."""
        return self.read(self.blocks(self.letter(letters)))


def words(generator: torch.Generator, count: int) -> tuple[Tensor, Tensor]:
    """Letters ``(B, 7)`` and whether each stands in its word more than once ``(B, 7)``."""
    letters = torch.randint(ALPHABET, (count, LENGTH), generator=generator)
    return letters, ((letters[:, :, None] == letters[:, None, :]).sum(-1) > 1).long()


def loss(net: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Cross-entropy over all letters."""
    letters, repeated = batch
    return F.cross_entropy(net(letters).flatten(0, 1), repeated.flatten())


@torch.no_grad()
def share_right(net: nn.Module, asked: tuple[Tensor, Tensor]) -> float:
    """Share of letters told rightly."""
    return int((net(asked[0]).argmax(-1) == asked[1]).sum()) / asked[1].numel()


def measure(run: Run) -> Line:
    """Train on words drawn as they are needed; share of letters right on words drawn apart."""
    choose = words(torch.Generator().manual_seed(10_000), 50 if run.tiny else CHOOSING)
    test = words(torch.Generator().manual_seed(20_000), 50 if run.tiny else ASKED)
    if run.arm == "always repeated":
        return {"right": int(test[1].sum()) / test[1].numel()}
    if run.arm == "counting":
        counts = F.one_hot(test[0], ALPHABET).sum(1)  # (B, 8)
        return {"right": int(((counts.gather(1, test[0]) > 1) == test[1]).sum()) / test[1].numel()}
    torch.manual_seed(run.seed)
    net = Reader(run.arm)
    watch = None if run.search else lambda m: {"validation": share_right(m, choose)}
    curve = fit(net, loss, lambda g: words(g, BATCH), run.steps, run.value, run.seed, watch)
    numbers: Line = {"validation": share_right(net, choose)}
    return numbers if run.search else numbers | {"right": share_right(net, test), "curve": curve}


EXPERIMENT = Experiment(
    name="repeated_letters",
    question="Do repeated letters have to be compared? And what does each half of a block bring?",
    prediction="Uniform weights as good as learned ones; without feed-forward worse; without attention one answer.",
    arms={
        "learned weights": Arm("two blocks, one head, 32 wide", RATES),
        "uniform weights": Arm("the same with every weight 1 / N, in training too", RATES),
        "learned weights, no feed-forward": Arm("the two layers of attention alone", RATES),
        "uniform weights, no feed-forward": Arm("two layers that only take the mean", RATES),
        "uniform weights, no feed-forward, no norm": Arm("the same without layer norms: linear in the letters", RATES),
        "learned weights, no feed-forward, no norm": Arm("what is left that is not linear is the softmax", RATES),
        "no attention": Arm("the two feed-forward networks alone", RATES),
    },
    baselines={
        "always repeated": Arm("the commoner answer", scale=0, once=("7 letters",)),
        "counting": Arm("a table of how often each letter stands in the word", scale=0, once=("7 letters",)),
    },
    seeds=(0, 1, 2, 3, 4),
    split={
        "train": "words drawn as they are needed",
        "validation": f"{CHOOSING} words drawn from another seed",
        "test": f"{ASKED} words drawn from a third, the same for all",
    },
    budget={"7 letters": 1_200},
    unit=f"step of {BATCH} words",
    measure="right",
    run=measure,
    settings=SETTINGS | {"batch": BATCH, "model": [WIDTH, LAYERS], "words": [ALPHABET, LENGTH]},
)

main(__name__, EXPERIMENT)
