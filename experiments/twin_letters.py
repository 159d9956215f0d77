"""A task on letters that needs weights which depend on the content: what colour has the other copy of me?

A word of sixteen letters holds eight different ones, each twice; every letter has one of four colours. Each place is
asked for the colour of the other copy of its letter. With uniform weights every place receives the same mean of the
word. From an alphabet of eight that mean can still be a list of who has which colour; from twenty-six it grows too long
for its width. The control attends uniformly in training and test alike, once as wide and once twice as wide.

    python -m experiments.twin_letters      resumable; ``--status`` says how long
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.multi_head import MultiHeadAttention
from course_attn.transformer import TransformerEncoder
from experiments.fit import SETTINGS, fit
from experiments.frame import Arm, Experiment, Line, Run, main

COLOURS, DIFFERENT = 4, 8  # a word holds each of eight letters twice
WIDTH, LAYERS, BATCH = 32, 2, 64
CHOOSING, ASKED = 1_000, 4_000  # words of the validation and of the test split
RATES = (1e-3, 3e-3, 9e-3)


def words(generator: torch.Generator, count: int, alphabet: int) -> tuple[Tensor, Tensor, Tensor]:
    """Letters ``(B, 16)``, their colours ``(B, 16)`` and the colour of each letter's twin ``(B, 16)``."""
    letters = torch.rand(count, alphabet, generator=generator).argsort(-1)[:, :DIFFERENT]
    colours = torch.randint(COLOURS, (count, 2, DIFFERENT), generator=generator)
    order = torch.rand(count, 2 * DIFFERENT, generator=generator).argsort(-1)
    rows = (letters.repeat(1, 2), colours.flatten(1), colours.flip(1).flatten(1))  # the first copies, then the second
    letters, colours, twins = (row.gather(1, order) for row in rows)
    return letters, colours, twins


def uniform(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """What attention does when every query is 0: the mean of all values, and weights ``1 / M``."""
    weights = query.new_full((*query.shape[:3], key.shape[2]), 1 / key.shape[2])
    return weights @ value, weights


class Nothing(nn.Module):
    """Stands where the feed-forward network was: adds nothing."""

    def forward(self, x: Tensor) -> Tensor:
        """``(..., D)`` of zeros."""
        return torch.zeros_like(x)


class Reader(nn.Module):
    """Letters and colours as vectors, two blocks of attention and feed-forward, one linear map."""

    def __init__(self, arm: str, alphabet: int):
        super().__init__()
        width = 2 * WIDTH if "twice as wide" in arm else WIDTH
        self.letter, self.colour = nn.Embedding(alphabet, width), nn.Embedding(COLOURS, width)
        attend = uniform if "uniform" in arm else None
        self.blocks = TransformerEncoder(
            width, 1, 2 * width, LAYERS, make_attention=lambda: MultiHeadAttention(width, 1, attend=attend)
        )
        if "no feed-forward" in arm:
            for block in self.blocks.blocks:
                block.feed_forward = Nothing()
        self.read = nn.Linear(width, COLOURS)

    def forward(self, letters: Tensor, colours: Tensor) -> Tensor:
        """Logits of the twin's colour, ``(B, 16, 4)``."""
        return self.read(self.blocks(self.letter(letters) + self.colour(colours)))


def loss(net: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Cross-entropy over all places."""
    letters, colours, twins = batch
    return F.cross_entropy(net(letters, colours).flatten(0, 1), twins.flatten())


def most_frequent(colours: Tensor) -> Tensor:
    """For each place the most frequent colour of all other places, ``(B, 16)``: what is known without comparing."""
    counts = F.one_hot(colours, COLOURS)  # (B, N, 4)
    return (counts.sum(1, keepdim=True) - counts).argmax(-1)


def guess(arm: str, letters: Tensor, colours: Tensor) -> Tensor:
    """The answers of a baseline."""
    if arm == "own colour":
        return colours
    return most_frequent(colours)


@torch.no_grad()
def share_right(model: nn.Module, asked: tuple[Tensor, Tensor, Tensor]) -> float:
    """Share of places told rightly."""
    parts = zip(*(x.split(500) for x in asked), strict=True)
    right = sum(int((model(letters, colours).argmax(-1) == twins).sum()) for letters, colours, twins in parts)
    return right / asked[2].numel()


def measure(run: Run) -> Line:
    """Train on words drawn as they are needed; share of places right on words drawn apart."""
    alphabet = int(run.case)
    counts = (50, 50) if run.tiny else (CHOOSING, ASKED)
    choose, test = (
        words(torch.Generator().manual_seed(s), n, alphabet) for s, n in zip((10_000, 20_000), counts, strict=True)
    )
    if run.arm in EXPERIMENT.baselines:
        return {"right": int((guess(run.arm, *test[:2]) == test[2]).sum()) / test[2].numel()}
    torch.manual_seed(run.seed)
    model = Reader(run.arm, alphabet)
    watch = None if run.search else lambda net: {"validation": share_right(net, choose)}
    curve = fit(model, loss, lambda g: words(g, BATCH, alphabet), run.steps, run.value, run.seed, watch)
    numbers: Line = {"validation": share_right(model, choose)}
    return numbers if run.search else numbers | {"right": share_right(model, test), "curve": curve}


EXPERIMENT = Experiment(
    name="twin_letters",
    question="Is there a task on letters that attention solves and uniform weights, trained the same way, do not?",
    prediction="With 26 letters learned weights come near 1 and uniform ones stay near the most frequent colour.",
    arms={
        "learned weights": Arm("two blocks, one head, 32 wide", RATES),
        "uniform weights": Arm("the same with every weight 1 / N, in training too (queries frozen at 0)", RATES),
        "uniform weights, twice as wide": Arm("the same, 64 wide", RATES),
        "learned weights, no feed-forward": Arm("the two layers of attention alone", RATES),
    },
    baselines={
        "own colour": Arm("chance: the twin's colour is drawn apart", scale=0, once=("8", "26")),
        "most frequent colour": Arm(
            "of all other places: the best without comparing letters", scale=0, once=("8", "26")
        ),
    },
    seeds=(0, 1, 2),
    split={
        "train": "words drawn as they are needed",
        "validation": f"{CHOOSING} words drawn from another seed",
        "test": f"{ASKED} words drawn from a third, the same for all",
    },
    budget={"26": 500, "8": 500},
    unit=f"step of {BATCH} words",
    measure="right",
    run=measure,
    settings=SETTINGS | {"batch": BATCH, "model": [WIDTH, LAYERS], "colours": COLOURS, "different": DIFFERENT},
)

main(__name__, EXPERIMENT)
