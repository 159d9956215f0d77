"""A task on letters that needs both halves of a block: my digit plus the digit of the other copy of me, without tens.

A word of twelve letters holds six different ones, each twice; every letter has a digit. Each position is asked for the
last digit of the sum of its own digit and its twin's. Attention can fetch the twin's digit; a feed-forward network sees
only its own position. Each half is left out in turn. Attention alone also gets twice the layers: then it has as many
parameters as both halves together.

    python -m experiments.twin_sums      resumable; ``--status`` says how long
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.multi_head import MultiHeadAttention
from course_attn.transformer import TransformerEncoder
from experiments.fit import SETTINGS, fit
from experiments.frame import Arm, Experiment, Line, Run, main
from experiments.repeated_letters import NoLooking
from experiments.twin_letters import Nothing

ALPHABET, DIGITS, DIFFERENT = 26, 10, 6
WIDTH, LAYERS, BATCH = 32, 2, 64
CHOOSING, ASKED = 1_000, 4_000  # words of the validation and of the test split
RATES = (3e-3, 9e-3, 2.7e-2)


def words(generator: torch.Generator, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Letters ``(B, 12)``, their digits ``(B, 12)`` and the digit of each letter's twin ``(B, 12)``."""
    letters = torch.rand(count, ALPHABET, generator=generator).argsort(-1)[:, :DIFFERENT]
    digits = torch.randint(DIGITS, (count, 2, DIFFERENT), generator=generator)
    order = torch.rand(count, 2 * DIFFERENT, generator=generator).argsort(-1)
    rows = (letters.repeat(1, 2), digits.flatten(1), digits.flip(1).flatten(1))  # the first copies, then the second
    letters, digits, twins = (row.gather(1, order) for row in rows)
    return letters, digits, twins


class Reader(nn.Module):
    """Letters and digits as vectors, blocks of attention and feed-forward, one linear map."""

    def __init__(self, arm: str):
        super().__init__()
        self.letter, self.digit = nn.Embedding(ALPHABET, WIDTH), nn.Embedding(DIGITS, WIDTH)
        layers = 2 * LAYERS if "four layers" in arm else LAYERS
        self.blocks = TransformerEncoder(
            WIDTH, 1, 2 * WIDTH, layers, make_attention=lambda: MultiHeadAttention(WIDTH, 1)
        )
        for block in self.blocks.blocks:
            if arm.startswith("attention alone"):
                block.feed_forward = Nothing()
            if arm == "feed-forward alone":
                block.attention = NoLooking()
        self.read = nn.Linear(WIDTH, DIGITS)

    def forward(self, letters: Tensor, digits: Tensor) -> Tensor:
        """Logits of the sum's last digit, ``(B, 12, 10)``."""
        return self.read(self.blocks(self.letter(letters) + self.digit(digits)))


def loss(net: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Cross-entropy over all positions."""
    letters, digits, twins = batch
    return F.cross_entropy(net(letters, digits).flatten(0, 1), ((digits + twins) % DIGITS).flatten())


def look_up_and_add(letters: Tensor, digits: Tensor) -> Tensor:
    """The rule as a program: find the other copy, add, drop the tens, ``(B, 12)``."""
    same = letters[:, :, None] == letters[:, None]  # (B, N, N): itself and its twin
    return (same * digits[:, None]).sum(-1) % DIGITS


@torch.no_grad()
def share_right(model: nn.Module, asked: tuple[Tensor, Tensor, Tensor]) -> float:
    """Share of positions told rightly."""
    parts = zip(*(x.split(500) for x in asked), strict=True)
    right = sum(int((model(a, b).argmax(-1) == (b + c) % DIGITS).sum()) for a, b, c in parts)
    return right / asked[2].numel()


def measure(run: Run) -> Line:
    """Train on words drawn as they are needed; share of positions right on words drawn apart."""
    counts = (50, 50) if run.tiny else (CHOOSING, ASKED)
    choose, test = (words(torch.Generator().manual_seed(s), n) for s, n in zip((10_000, 20_000), counts, strict=True))
    if run.arm in EXPERIMENT.baselines:
        letters, digits, twins = test
        told = digits if run.arm == "own digit" else look_up_and_add(letters, digits)
        return {"right": int((told == (digits + twins) % DIGITS).sum()) / twins.numel()}
    torch.manual_seed(run.seed)
    model = Reader(run.arm)
    watch = None if run.search else lambda net: {"validation": share_right(net, choose)}
    curve = fit(model, loss, lambda g: words(g, BATCH), run.steps, run.value, run.seed, watch)
    numbers: Line = {"validation": share_right(model, choose)}
    if run.search:
        return numbers
    count = sum(p.numel() for p in model.parameters())
    return numbers | {"right": share_right(model, test), "parameters": count, "curve": curve}


EXPERIMENT = Experiment(
    name="twin_sums",
    question="Is there a task that needs both halves of a block, the one that looks and the one that thinks?",
    prediction="Both together near 1; feed-forward alone at chance; attention alone clearly between, deeper or not.",
    arms={
        "both": Arm("two blocks, one head, 32 wide", RATES),
        "attention alone": Arm("without the feed-forward networks", RATES),
        "attention alone, four layers": Arm("the same with twice the layers", RATES),
        "feed-forward alone": Arm("without the layers of attention", RATES),
    },
    baselines={
        "own digit": Arm("chance: the twin's digit is drawn apart", scale=0, once=("sums",)),
        "look up and add": Arm("the rule as a program", scale=0, once=("sums",)),
    },
    seeds=(0, 1, 2),
    split={
        "train": "words drawn as they are needed",
        "validation": f"{CHOOSING} words drawn from another seed",
        "test": f"{ASKED} words drawn from a third, the same for all",
    },
    budget={"sums": 800},
    unit=f"step of {BATCH} words",
    measure="right",
    run=measure,
    settings=SETTINGS | {"batch": BATCH, "model": [WIDTH, LAYERS], "task": [ALPHABET, DIGITS, DIFFERENT]},
)

main(__name__, EXPERIMENT)
