"""Word classes in real sentences: windows of several widths against self-attention, at one budget.

Every model has the same word vectors, about the same number of parameters behind them, the same batches and the same
number of steps. The Brown corpus is read as it is (sentences of at most 30 words, 104 tags); nothing is pretrained.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from course_attn import FeedForward, MultiHeadAttention, SelfAttention, TaggingHead, WindowBaseline
from course_attn.data import tagged_sentences
from course_attn.positional import RelativeBias, SinusoidalPositions
from course_attn.train import Trainer, smoothed_cross_entropy, warmup_cosine
from experiments import main

SEED, SEEDS = 0, (0, 1, 2)
LONGEST, HELD_OUT, RARE = 30, 4000, 5
WIDTH, BUDGET, BATCH, STEPS, RATE = 64, 65_000, 48, 1200, 5e-3
WINDOWS = (1, 3, 5, 59)  # 59 sees the whole sentence from anywhere in it
WATCHED = ("saw", "to", "that", "her", "as", "so", "no", "more", "like", "play", "light", "watch", "love", "back")
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

    def __init__(self, words: int, tags: int, blocks: list[Look], positions: bool):
        super().__init__()
        self.words = word_vectors(words)
        self.positions = SinusoidalPositions(WIDTH) if positions else None
        self.blocks = nn.ModuleList(blocks)
        self.head = TaggingHead(WIDTH, tags)

    def forward(self, numbers: Tensor) -> Tensor:
        x, mask = self.words(numbers), (numbers != 0)[:, None]  # (B, N, D), (B, 1, N): 0 fills up
        x = x if self.positions is None else self.positions(x)
        for block in self.blocks:
            x = block(x, mask)
        return self.head(x)


class WindowTagger(nn.Module):
    """Word vectors and a window; as wide a hidden layer as the budget buys."""

    def __init__(self, words: int, tags: int, window: int):
        super().__init__()
        self.words = word_vectors(words)
        self.window = WindowBaseline(WIDTH, window, BUDGET // (window * WIDTH + tags), tags)

    def forward(self, numbers: Tensor) -> Tensor:
        return self.window(self.words(numbers))


def word_vectors(words: int) -> nn.Embedding:
    """Small at the start: with torch's own scale, every model here learns far more slowly."""
    table = nn.Embedding(words, WIDTH, padding_idx=0)
    nn.init.normal_(table.weight[1:], std=0.1)
    return table


class Corpus:
    """Brown's sentences as numbers, split once; 0 fills up, 1 is a rare or unseen word."""

    def __init__(self) -> None:
        sentences = [s for s in tagged_sentences() if len(s) <= LONGEST]
        order = torch.randperm(len(sentences), generator=torch.Generator().manual_seed(SEED)).tolist()
        self.test_text = [sentences[i] for i in order[:HELD_OUT]]
        train = [sentences[i] for i in order[HELD_OUT:]]
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        for sentence in train:
            for word, tag in sentence:
                self.counts[word.lower()][tag] += 1
        common = [word for word in sorted(self.counts) if self.counts[word].total() >= RARE]
        self.word_number = {word: i + 2 for i, word in enumerate(common)}
        self.tags = sorted({tag for sentence in sentences for _, tag in sentence})
        self.tag_number = {tag: i for i, tag in enumerate(self.tags)}
        self.train = [self.numbers(sentence) for sentence in train]
        self.test = [self.numbers(sentence) for sentence in self.test_text]

    def read(self, words: list[str]) -> Tensor:
        return torch.tensor([self.word_number.get(word.lower(), 1) for word in words])

    def numbers(self, sentence: list[tuple[str, str]]) -> tuple[Tensor, Tensor]:
        return self.read([word for word, _ in sentence]), torch.tensor([self.tag_number[tag] for _, tag in sentence])

    def sample(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen = torch.randint(len(self.train), (BATCH,), generator=generator).tolist()
        words, tags = zip(*(self.train[i] for i in chosen), strict=True)
        return pad_sequence(words, batch_first=True), pad_sequence(tags, batch_first=True, padding_value=IGNORE)

    def ambiguous(self, word: str) -> bool:
        """Whether a second tag has at least a tenth of the word's places in the training text."""
        ranks = self.counts[word].most_common(2) if word in self.counts else []
        return len(ranks) == 2 and 10 * ranks[1][1] >= self.counts[word].total()

    def usual(self, word: str) -> str:
        """The word's most frequent tag in the training text; "nn" for a word that is not there."""
        return self.counts[word].most_common(1)[0][0] if word in self.counts else "nn"


def loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    return smoothed_cross_entropy(model(batch[0]), batch[1], ignore=IGNORE)


@torch.inference_mode()
def tagged(model: nn.Module, corpus: Corpus) -> list[list[str]]:
    """The tags a model gives to every held-out sentence."""
    model.eval()
    answers = []
    for start in range(0, len(corpus.test), 200):
        part = [words for words, _ in corpus.test[start : start + 200]]
        best = model(pad_sequence(part, batch_first=True)).argmax(-1)
        answers += [[corpus.tags[t] for t in row[: len(words)]] for row, words in zip(best.tolist(), part, strict=True)]
    return answers


def judged(answers: list[list[str]], corpus: Corpus) -> dict[str, Any]:
    """Shares of right answers: all words, ambiguous words, words twice in a sentence with two tags, watched words."""
    right: dict[str, list[bool]] = defaultdict(list)
    for sentence, answer in zip(corpus.test_text, answers, strict=True):
        places: dict[str, list[int]] = defaultdict(list)
        for i, (word, tag) in enumerate(sentence):
            hit, low = answer[i] == tag, word.lower()
            right["all"].append(hit)
            if corpus.ambiguous(low):
                right["ambiguous"].append(hit)
            if low in WATCHED:
                right[low].append(hit)
            places[low].append(i)
        for where in places.values():
            if len({sentence[i][1] for i in where}) > 1:
                right["twice"].append(all(answer[i] == sentence[i][1] for i in where))
    shares = {kind: round(sum(hits) / len(hits), 4) for kind, hits in right.items()}
    return shares | {"counts": {kind: len(hits) for kind, hits in right.items()}}


def run(tiny: bool = False) -> dict[str, Any]:
    """Train every model with every seed and judge it on the held-out sentences."""
    corpus = Corpus()
    words, tags = len(corpus.word_number) + 2, len(corpus.tags)
    makers = {f"window {w}": lambda w=w: WindowTagger(words, tags, w) for w in WINDOWS}
    makers |= {
        "attention, no order": lambda: AttentionTagger(words, tags, [Look(one_head(), 128) for _ in "12"], False),
        "attention": lambda: AttentionTagger(words, tags, [Look(one_head(), 128) for _ in "12"], True),
        "attention, K = Q": lambda: AttentionTagger(words, tags, [Look(one_head(True), 160) for _ in "12"], True),
        "four heads, distances": lambda: AttentionTagger(words, tags, [Look(Heads(), 96) for _ in "12"], False),
    }
    steps, seeds = (3, SEEDS[:1]) if tiny else (STEPS, SEEDS)
    usual = [[corpus.usual(word.lower()) for word, _ in sentence] for sentence in corpus.test_text]
    results: dict[str, Any] = {"most frequent tag": judged(usual, corpus)}
    counts = results["most frequent tag"].pop("counts")
    example = ["I", "saw", "a", "saw", "."]
    for name, make in makers.items():
        runs, said = [], []
        for seed in seeds:
            torch.manual_seed(seed)
            model = make()
            behind = sum(p.numel() for p in model.parameters()) - model.words.weight.numel()
            optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
            trainer = Trainer(
                model, loss, corpus.sample, optimizer, schedule=warmup_cosine(steps, steps // 10), seed=seed
            )
            trainer.run(steps, progress=False)
            runs.append(judged(tagged(model, corpus), corpus))
            best = model(corpus.read(example)[None])[0].argmax(-1)
            said.append([corpus.tags[t] for t in best.tolist()])
            print(name, seed, {kind: runs[-1][kind] for kind in ("all", "ambiguous", "twice")}, said[-1], flush=True)
        results[name] = {kind: [r[kind] for r in runs] for kind in counts} | {"parameters": behind, "example": said}
    return {
        "sentences": {"train": len(corpus.train), "test": len(corpus.test)},
        "vocabulary": words,
        "tags": tags,
        "steps": steps,
        "batch": BATCH,
        "counts": counts,
        "example": example,
        "saw": dict(corpus.counts["saw"]),
        "results": results,
    }


main(__name__, run, SEED)
