"""A language model over letters with few or many heads, keys and values shared or not, beside tables that only count.

Two blocks, 64 wide, read sixty-four letters of the Brown corpus and guess the next one. The number of heads changes
nothing but how the same matrices are cut; fewer heads of keys and values leave parameters out. A model that is not well
below the trigram table hardly uses more than the two letters before, and says nothing about heads.

    python -m experiments.heads_on_letters      resumable; ``--status`` says how long
"""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.data.text import tagged_sentences
from course_attn.language_model import CausalLanguageModel
from course_attn.multi_head import MultiHeadAttention
from course_attn.positional import LearnedPositions
from experiments.fit import SETTINGS, fit
from experiments.frame import Arm, Experiment, Line, Run, main

LETTERS = " abcdefghijklmnopqrstuvwxyz.,'"
D_MODEL, D_FF, LAYERS, LENGTH, BATCH = 64, 256, 2, 64, 32
RATES = (1e-3, 3e-3, 9e-3)
PSEUDOCOUNTS = (0.01, 0.1, 1.0)  # added to every count of a table
TABLES = {"letters alone": 1, "bigrams": 2, "trigrams": 3, "four letters": 4, "five letters": 5}
HEADS = {  # heads, heads of keys and values
    "1 head": (1, 1),
    "4 heads": (4, 4),
    "16 heads": (16, 16),
    "4 heads sharing 1": (4, 1),
}


@cache
def text() -> tuple[Tensor, Tensor, Tensor]:
    """The corpus as rows of letter numbers: to train on, to choose by, to test on; other letters are left out."""
    sentences = tagged_sentences()
    number = {letter: i for i, letter in enumerate(LETTERS)}
    tenth = len(sentences) // 10
    cuts = (sentences[: -2 * tenth], sentences[-2 * tenth : -tenth], sentences[-tenth:])
    joined = (" ".join(word.lower() for sentence in part for word, _ in sentence) for part in cuts)
    return tuple(torch.tensor([number[x] for x in part if x in number]) for part in joined)  # type: ignore[return-value]


def windows(row: Tensor, starts: Tensor) -> Tensor:
    """Pieces ``(B, LENGTH + 1)`` of a row that begin at ``starts (B,)``."""
    return row[starts[:, None] + torch.arange(LENGTH + 1)]


def network(num_heads: int, num_kv_heads: int) -> CausalLanguageModel:
    """The language model with its attention cut in one way."""

    def make() -> MultiHeadAttention:
        return MultiHeadAttention(D_MODEL, num_heads, num_kv_heads=num_kv_heads)

    positions = LearnedPositions(LENGTH, D_MODEL)
    return CausalLanguageModel(len(LETTERS), D_MODEL, num_heads, D_FF, LAYERS, positions=positions, make_attention=make)


def loss(net: nn.Module, pieces: Tensor) -> Tensor:
    """Cross-entropy of the next letter, in nats."""
    return F.cross_entropy(net(pieces[:, :-1]).flatten(0, 1), pieces[:, 1:].flatten())


@torch.no_grad()
def bits(net: nn.Module, row: Tensor) -> float:
    """Bits a letter over a whole row, cut into pieces one after the other."""
    starts = torch.arange(0, len(row) - LENGTH - 1, LENGTH)
    parts = windows(row, starts).split(256)
    total = sum(float(loss(net, part)) * len(part) for part in parts)
    return total / len(starts) / math.log(2)


def table_bits(train: Tensor, asked: Tensor, order: int, pseudocount: float) -> float:
    """Bits a letter of a table of counts of ``order`` letters in a row, a little added to each."""
    size = len(LETTERS)

    def numbered(row: Tensor) -> Tensor:
        cells = torch.zeros(len(row) - order + 1, dtype=torch.long)
        for i in range(order):
            cells = cells * size + row[i : len(row) - order + 1 + i]
        return cells

    counts = torch.bincount(numbered(train), minlength=size**order).double() + pseudocount
    share = counts.view(-1, size) / counts.view(-1, size).sum(-1, keepdim=True)
    return float(-share.flatten()[numbered(asked)].log2().mean())


def measure(run: Run) -> Line:
    """Train one model, or count; bits a letter on text never trained on."""
    train, choose, test = (row[:20_000] if run.tiny else row for row in text())
    if run.arm in TABLES:
        order = TABLES[run.arm]
        if run.search:
            return {"validation": table_bits(train, choose, order, run.value)}
        return {"bits": table_bits(train, test, order, run.value)}

    def sample(generator: torch.Generator) -> Tensor:
        return windows(train, torch.randint(len(train) - LENGTH - 1, (BATCH,), generator=generator))

    torch.manual_seed(run.seed)
    net = network(*HEADS[run.arm])
    watch = None if run.search else lambda m: {"validation": round(bits(m, choose[:50_000]), 4)}
    curve = fit(net, loss, sample, run.steps, run.value, run.seed, watch)
    numbers: Line = {"validation": bits(net, choose)}
    return numbers if run.search else numbers | {"bits": bits(net, test), "curve": curve}


EXPERIMENT = Experiment(
    name="heads_on_letters",
    question="Does a small language model that clearly beats a trigram table care how many heads it has?",
    prediction="All below the trigrams; one head a little behind, sixteen (4 numbers wide) no worse than four.",
    arms={name: Arm(f"{h} heads, {kv} of keys and values", RATES) for name, (h, kv) in HEADS.items()},
    baselines={
        name: Arm(f"a table of counts of {order} letters in a row", PSEUDOCOUNTS, scale=0, once=("Brown",))
        for name, order in TABLES.items()
    },
    seeds=(0, 1, 2),
    doubled=1,
    split={
        "train": "the first eight tenths of the Brown corpus, 30 different letters",
        "validation": "the ninth tenth",
        "test": "the last tenth, whole",
    },
    budget={"Brown": 2_500},
    unit=f"step of {BATCH} pieces of {LENGTH} letters",
    measure="bits",
    lower_is_better=True,
    run=measure,
    settings=SETTINGS | {"batch": BATCH, "model": [D_MODEL, D_FF, LAYERS, LENGTH]},
)

main(__name__, EXPERIMENT)
