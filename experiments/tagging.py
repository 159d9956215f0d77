"""Word classes in real sentences: counting, windows of several widths, and self-attention, at one budget.

Every network has the same word vectors, about the same number of parameters after them, the same batches and the same
number of steps. The Brown corpus is read as it is (sentences of at most 30 words, 103 tags); nothing is pretrained.
Beside them stand three ways of counting (``tag_counts``). A window of the whole sentence is also given as many hidden
units as the window of five has, whatever that costs.

    python -m experiments.tagging      resumable; ``--status`` says how long
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from course_attn import FeedForward, MultiHeadAttention, SelfAttention, TaggingHead, WindowBaseline
from course_attn.data import tagged_sentences
from course_attn.positional import RelativeBias, SinusoidalPositions
from course_attn.train import smoothed_cross_entropy
from experiments.fit import SETTINGS, fit
from experiments.frame import Arm, Experiment, Line, Run, main
from experiments.tag_counts import MostFrequent, Sentence, TagPairs, WordsBeside, judged, lower

LONGEST, TEST, VALIDATION, RARE = 30, 4000, 2000, 5
WIDTH, BUDGET, BATCH = 64, 65_000, 48
RATES = (2.5e-3, 5e-3, 1e-2)
WATCHED = ("to", "that", "her", "as", "so", "no", "more", "like", "back")  # 50 times and more among the test words
IGNORE = -100


class Heads(nn.Module):
    """What chapters 3 and 4 add: four heads, each with a learned score for every distance."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(WIDTH, 4, score_bias=RelativeBias(4, 16))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.attention(x, mask=mask[:, None])  # (B, 1, 1, N)


class Look(nn.Module):
    """Look around, then think: self-attention and a feed-forward network, each beside a straight path."""

    def __init__(self, attention: nn.Module, d_ff: int):
        super().__init__()
        self.attention = attention
        self.feed_forward = FeedForward(WIDTH, d_ff)
        self.norms = nn.ModuleList([nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)])

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x + self.attention(self.norms[0](x), mask=mask)
        return x + self.feed_forward(self.norms[1](x))


def one_head(same_matrix: bool = False) -> SelfAttention:
    """Self-attention as in chapter 2; with one matrix for queries and keys, its scores are symmetric."""
    attention = SelfAttention(WIDTH)
    if same_matrix:
        attention.key = attention.query
    return attention


class AttentionTagger(nn.Module):
    """Word vectors, positions if wanted, two blocks, one answer for each word."""

    def __init__(self, words: int, tags: int, block: Callable[[], Look], positions: bool):
        super().__init__()
        self.words = word_vectors(words)
        self.positions = SinusoidalPositions(WIDTH) if positions else None
        self.blocks = nn.ModuleList([block(), block()])
        self.head = TaggingHead(WIDTH, tags)

    def forward(self, numbers: Tensor) -> Tensor:
        x, mask = self.words(numbers), (numbers != 0)[:, None]  # (B, N, D), (B, 1, N): 0 fills up
        x = x if self.positions is None else self.positions(x)
        for block in self.blocks:
            x = block(x, mask)
        return self.head(x)


class WindowTagger(nn.Module):
    """Word vectors and a window; as wide a hidden layer as the budget buys, or buys a window of ``units_of``."""

    def __init__(self, words: int, tags: int, window: int, units_of: int):
        super().__init__()
        self.words = word_vectors(words)
        self.window = WindowBaseline(WIDTH, window, BUDGET // (units_of * WIDTH + tags), tags)

    def forward(self, numbers: Tensor) -> Tensor:
        return self.window(self.words(numbers))


def word_vectors(words: int) -> nn.Embedding:
    """Small at the start: with torch's own scale, every model here learns far more slowly."""
    table = nn.Embedding(words, WIDTH, padding_idx=0)
    nn.init.normal_(table.weight[1:], std=0.1)
    return table


def network(arm: str, words: int, tags: int) -> nn.Module:
    """The network of an arm."""
    if arm.startswith("window"):
        window = int(arm.split(",")[0].split()[1])
        return WindowTagger(words, tags, window, 5 if arm.endswith("more units") else window)
    if arm == "four heads, distances":
        return AttentionTagger(words, tags, lambda: Look(Heads(), 96), False)
    if arm == "attention, K = Q":
        return AttentionTagger(words, tags, lambda: Look(one_head(True), 160), True)
    return AttentionTagger(words, tags, lambda: Look(one_head(), 128), arm == "attention")


class Corpus:
    """Brown's sentences as numbers, split once; 0 fills up, 1 is a rare or unseen word."""

    def __init__(self) -> None:
        sentences = [s for s in tagged_sentences() if len(s) <= LONGEST]
        order = torch.randperm(len(sentences), generator=torch.Generator().manual_seed(0)).tolist()
        self.test = [sentences[i] for i in order[:TEST]]
        self.validation = [sentences[i] for i in order[TEST : TEST + VALIDATION]]
        self.train = [sentences[i] for i in order[TEST + VALIDATION :]]
        self.usual = MostFrequent(self.train)
        common = [word for word, tags in sorted(self.usual.counts.items()) if tags.total() >= RARE]
        self.word_number = {word: i + 2 for i, word in enumerate(common)}
        self.tags = sorted({tag for sentence in sentences for _, tag in sentence})
        self.tag_number = {tag: i for i, tag in enumerate(self.tags)}
        self.rows = [self.numbers(sentence) for sentence in self.train]

    def read(self, words: list[str]) -> Tensor:
        return torch.tensor([self.word_number.get(word.lower(), 1) for word in words])

    def numbers(self, sentence: Sentence) -> tuple[Tensor, Tensor]:
        return self.read(lower(sentence)), torch.tensor([self.tag_number[tag] for _, tag in sentence])

    def batch(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Sentences drawn from the training text."""
        drawn = torch.randint(len(self.rows), (BATCH,), generator=generator).tolist()
        words, tags = zip(*(self.rows[i] for i in drawn), strict=True)
        return pad_sequence(words, batch_first=True), pad_sequence(tags, batch_first=True, padding_value=IGNORE)


@cache
def corpus() -> Corpus:
    """Read once for all runs."""
    return Corpus()


def loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Cross-entropy over all words."""
    return smoothed_cross_entropy(model(batch[0]), batch[1], ignore=IGNORE)


@torch.inference_mode()
def by_network(model: nn.Module, texts: list[list[str]]) -> list[list[str]]:
    """The tags that a network gives to every sentence."""
    read, tags = corpus().read, corpus().tags
    answers = []
    for start in range(0, len(texts), 200):
        part = texts[start : start + 200]
        best = model(pad_sequence([read(words) for words in part], batch_first=True)).argmax(-1)
        answers += [[tags[t] for t in row[: len(words)]] for row, words in zip(best.tolist(), part, strict=True)]
    return answers


def told(answers: list[list[str]], sentences: list[Sentence]) -> dict[str, tuple[float, int]]:
    """As ``judged``, with what the training text says of each word."""
    return judged(answers, sentences, corpus().usual.counts, WATCHED)


def measure(run: Run) -> Line:
    """Count or train; then tag the held-out sentences."""
    c = corpus()
    choose, test = (part[:20] if run.tiny else part for part in (c.validation, c.test))
    curve: list[dict[str, float]] = []
    if run.arm in EXPERIMENT.baselines:
        counting = {"most frequent tag": MostFrequent, "words beside it": WordsBeside}
        tagger = counting[run.arm](c.train) if run.arm in counting else TagPairs(c.train, run.value)

        def tag(texts: list[list[str]]) -> list[list[str]]:
            return [tagger(words) for words in texts]
    else:
        torch.manual_seed(run.seed)
        model = network(run.arm, len(c.word_number) + 2, len(c.tags))

        def tag(texts: list[list[str]]) -> list[list[str]]:
            return by_network(model, texts)

        def watch(_: nn.Module) -> dict[str, float]:
            return {"validation": told(tag([lower(s) for s in choose]), choose)["ambiguous"][0]}

        watching = None if run.search else watch
        curve = fit(model, loss, c.batch, run.steps, run.value, run.seed, watching)
    numbers: Line = {"validation": told(tag([lower(s) for s in choose]), choose)["ambiguous"][0]}
    if run.search:
        return numbers
    found = told(tag([lower(s) for s in test]), test)
    return (
        numbers
        | {kind: round(share, 5) for kind, (share, _) in found.items()}
        | {"counts": {kind: count for kind, (_, count) in found.items()}, "curve": curve}
    )


EXPERIMENT = Experiment(
    name="tagging",
    question="How far does each kind of context get in telling word classes, and is counting not as good?",
    prediction="Pairs of tags counted are level with a window of five; attention needs distances to come near.",
    arms={
        "window 1": Arm("the word alone", RATES),
        "window 3": Arm("one neighbour on either side", RATES, like="window 5"),
        "window 5": Arm("two neighbours on either side", RATES),
        "window 59": Arm("the whole sentence from anywhere in it", RATES),
        "attention, no order": Arm("two blocks, one head, no positions", RATES, like="attention"),
        "attention": Arm("the same with sinusoidal positions", RATES),
        "attention, K = Q": Arm("with one matrix for both, and a wider feed-forward network", RATES, like="attention"),
        "four heads, distances": Arm("two blocks, four heads, a learned score for each distance", RATES),
        "window 59, more units": Arm(
            "as many hidden units as the window of 5, nine times the parameters", RATES, like="window 59"
        ),
    },
    baselines={
        "most frequent tag": Arm("of each word; nn for a new one", scale=0, once=("Brown",)),
        "words beside it": Arm(
            "most frequent tag between these two words, or after, or before", scale=0, once=("Brown",)
        ),
        "pairs of tags": Arm(
            "hidden Markov model of counts, the best row of tags for the whole sentence",
            (0.001, 0.01, 0.1, 1.0),
            scale=0,
            once=("Brown",),
        ),
    },
    seeds=(0, 1, 2),
    split={
        "train": "all others",
        "validation": f"{VALIDATION} sentences",
        "test": f"{TEST} sentences of at most {LONGEST} words, drawn at random once",
    },
    budget={"Brown": 800},
    unit=f"step of {BATCH} sentences",
    measure="ambiguous",
    run=measure,
    settings=SETTINGS | {"batch": BATCH, "width": WIDTH, "parameters": BUDGET, "rare": RARE, "longest": LONGEST},
    doubled=1,
)

main(__name__, EXPERIMENT)
