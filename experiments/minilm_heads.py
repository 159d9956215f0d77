"""What the seventy-two heads of MiniLM do on real sentences, and what is lost when one of them is silenced, or many.

For each head: how much of its attention goes to the previous token, the next one, the first one; and, in sentences with
a word that stands twice, to the word's other position, for words of four letters and more and for shorter ones. Beside
it stand what even weights would give, the same sentences with their words in random order (a head that only counts
positions does not notice), and how much one other long word gets. Then one head at a time gives zero, and the
sentence's vector is compared with the whole model's; and all heads that rest at once, beside as many others of the
same layers.

    python -m experiments.minilm_heads        about three minutes on one core
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor

from course_attn.data.text import tagged_sentences
from course_attn.multi_head import MultiHeadAttention
from course_attn.pretrained.head_scores import (
    first_token_scores,
    next_token_scores,
    previous_token_scores,
    same_token_scores,
)
from course_attn.pretrained.minilm import MiniLM, load_minilm
from course_attn.recording import record_weights
from experiments import main

SEED = 0
SENTENCES, SILENCED, TWINS, DRAWS = 200, 100, 100, 10
WORKING, RESTING = 0.25, 0.5  # from which score on a head has a kind; working kinds come first
SHORTEST, LONGEST = 8, 20  # words
LONG_WORD = 4  # letters
SCORES: dict[str, Callable[[list[Tensor]], Tensor]] = {
    "previous token": previous_token_scores,
    "next token": next_token_scores,
    "first token": first_token_scores,
}


def sentences(count: int) -> list[str]:
    """Sentences drawn from the whole Brown corpus."""
    fitting = [s for s in tagged_sentences() if SHORTEST <= len(s) <= LONGEST]
    chosen = torch.randperm(len(fitting), generator=torch.Generator().manual_seed(SEED))[:count].tolist()
    return [" ".join(word for word, _ in fitting[i]) for i in chosen]


def weights_of(model: MiniLM, text: str) -> tuple[Tensor, list[str], list[Tensor]]:
    """Token numbers ``(1, N)``, the tokens as text, and each layer's weights."""
    tokens, mask, words = model.encode(text)
    with torch.no_grad(), record_weights(model) as records:
        model(tokens, mask)
    return tokens, words[0], list(records.values())


def rounded(tables: list[Tensor]) -> list[list[float]]:
    """The mean of tables ``(layers, h)``."""
    return [[round(value, 4) for value in row] for row in torch.stack(tables).mean(0).tolist()]


def words_only(tokens: Tensor, words: list[str], wanted: Callable[[str], bool]) -> Tensor:
    """Token numbers in which whatever is not a wanted word stands for itself alone."""
    alone = -1 - torch.arange(tokens.shape[1])
    kept = torch.tensor([word.isalpha() and wanted(word) for word in words])
    return torch.where(kept, tokens, alone)


def in_random_order(text: str) -> str:
    """The same words, shuffled."""
    words = text.split()
    order = torch.randperm(len(words), generator=torch.Generator().manual_seed(len(text))).tolist()
    return " ".join(words[i] for i in order)


def other_word_scores(maps: list[Tensor], marked: Tensor) -> Tensor:
    """Of queries whose word stands twice: the mean weight on one other marked word, ``(layers, h)``."""
    weights = torch.stack(maps)[:, 0]  # (layers, h, N, N)
    same = marked[0][:, None] == marked[0]
    twice = same.sum(-1) > 1  # (N,)
    others = (marked[0] >= 0) & ~same & twice[:, None]  # (N, N); below 0: no such word
    return (weights * others).sum((-1, -2)) / others.sum()  # NaN where there is no other


def has_others(marked: Tensor) -> bool:
    """Whether another marked word stands beside the one that stands twice."""
    return len({word for word in marked[0].tolist() if word >= 0}) > 1


def with_twins(
    model: MiniLM, texts: list[str], count: int, wanted: Callable[[str], bool]
) -> list[tuple[list[Tensor], Tensor]]:
    """Maps and marked tokens of the first ``count`` sentences in which a wanted word stands twice."""
    found: list[tuple[list[Tensor], Tensor]] = []
    for text in texts:
        tokens, _, words = model.encode(text)
        marked = words_only(tokens, words[0], wanted)
        if len(found) < count and len(set(marked[0].tolist())) < marked.shape[1]:
            found.append((weights_of(model, text)[2], marked))
    if len(found) < count:
        raise RuntimeError(f"only {len(found)} sentences with a word twice")
    return found


def even(maps: list[Tensor]) -> list[Tensor]:
    """One map of even weights, as if it were a model of one head."""
    return [torch.full_like(maps[0][:, :1], 1 / maps[0].shape[-1])]


@contextmanager
def silenced(layer: MultiHeadAttention, head: int) -> Iterator[None]:
    """For a while, W_O does not read this head: it adds nothing, whatever it sees."""
    columns = slice(head * layer.d_head, (head + 1) * layer.d_head)
    before = layer.output.weight.data[:, columns].clone()
    layer.output.weight.data[:, columns] = 0
    try:
        yield
    finally:
        layer.output.weight.data[:, columns] = before


@torch.no_grad()
def change(model: MiniLM, texts: list[str], whole: Tensor, heads: Iterable[tuple[int, int]]) -> float:
    """One minus the cosine between a sentence's vector with and without these heads (layer, head), mean over texts."""
    with ExitStack() as stack:
        for layer, head in heads:
            attention = model.blocks.get_submodule(str(layer)).get_submodule("attention")
            stack.enter_context(silenced(attention, head))  # type: ignore[arg-type]
        return round((1 - (model.sentence_vectors(texts) * whole).sum(-1)).mean().item(), 5)


def left_out(text: str) -> str:
    """The sentence without one word."""
    words = text.split()
    drawn = int(torch.randint(len(words), (1,), generator=torch.Generator().manual_seed(len(text))))
    return " ".join(words[:drawn] + words[drawn + 1 :])


@torch.no_grad()
def yardsticks(model: MiniLM, texts: list[str], whole: Tensor) -> dict[str, float]:
    """What else changes a sentence's vector, and by how much: a scale to read the silenced heads on."""
    shorter = model.sentence_vectors([left_out(text) for text in texts])
    return {
        "one word left out": round((1 - (shorter * whole).sum(-1)).mean().item(), 5),
        "another sentence": round((1 - (whole.roll(1, 0) * whole).sum(-1)).mean().item(), 5),
    }


def resting_heads(scores: dict[str, list[list[float]]]) -> list[tuple[int, int]]:
    """Heads (layer, head) that do nothing else and give half of their attention to the first token, or more."""
    working = torch.stack([torch.tensor(scores[kind]) for kind in ("previous token", "next token", "same word")]).amax(
        0
    )
    rest = (working < WORKING) & (torch.tensor(scores["first token"]) >= RESTING)
    return [(layer, head) for layer, head in rest.nonzero().tolist()]


def as_many_others(resting: list[tuple[int, int]], heads: int, generator: torch.Generator) -> list[tuple[int, int]]:
    """In each layer as many heads as rest in it, drawn from those that do not."""
    drawn = []
    for layer in sorted({layer for layer, _ in resting}):
        others = [head for head in range(heads) if (layer, head) not in resting]
        count = min(heads - len(others), len(others))
        drawn += [(layer, others[i]) for i in torch.randperm(len(others), generator=generator)[:count].tolist()]
    return drawn


def silence(model: MiniLM, texts: list[str], resting: list[tuple[int, int]], tiny: bool) -> dict[str, Any]:
    """What is lost without one head, without a layer's heads, without all that rest and without as many others."""
    whole = model.sentence_vectors(texts)
    layers, heads = len(list(model.blocks.children())), 12
    table = []
    for layer in range(1 if tiny else layers):
        table.append([change(model, texts, whole, [(layer, head)]) for head in range(heads)])
        print(table[-1], flush=True)
    generator = torch.Generator().manual_seed(SEED)
    draws = [as_many_others(resting, heads, generator) for _ in range(2 if tiny else DRAWS)]
    return {
        "sentences_silenced": len(texts),
        "change_when_silent": table,
        "change_otherwise": yardsticks(model, texts, whole),
        "change_without_a_layer": [
            change(model, texts, whole, [(layer, head) for head in range(heads)]) for layer in range(layers)
        ],
        "resting": [[layer + 1, head + 1] for layer, head in resting],
        "change_without_resting": change(model, texts, whole, resting),
        "change_without_as_many_others": [change(model, texts, whole, drawn) for drawn in draws],
    }


@torch.no_grad()
def run(tiny: bool = False) -> dict[str, Any]:
    """Scores of all heads, then the change they make."""
    model = load_minilm()
    many = sentences(400 if tiny else 3000)
    texts = many[: 4 if tiny else SENTENCES]
    maps = [weights_of(model, text)[2] for text in texts]
    shuffled = [weights_of(model, in_random_order(text))[2] for text in texts]
    found = {name: rounded([score(each) for each in maps]) for name, score in SCORES.items()}
    twins = 2 if tiny else TWINS
    long = with_twins(model, many, twins, lambda word: len(word) >= LONG_WORD)
    short = with_twins(model, many, twins, lambda word: len(word) < LONG_WORD)
    found["same word"] = rounded([same_token_scores(*each) for each in long])
    found["same short word"] = rounded([same_token_scores(*each) for each in short])
    print({name: max(map(max, table)) for name, table in found.items()}, flush=True)
    flat = {name: rounded([score(even(each)) for each in maps])[0][0] for name, score in SCORES.items()}
    flat["same word"] = rounded([same_token_scores(even(each), marked) for each, marked in long])[0][0]
    flat["same short word"] = rounded([same_token_scores(even(each), marked) for each, marked in short])[0][0]
    beside = [each for each in long if has_others(each[1])]
    return {
        "text": f"Brown corpus, sentences of {SHORTEST} to {LONGEST} words",
        "sentences": len(texts),
        "tokens_a_sentence": round(sum(each[0].shape[-1] for each in maps) / len(texts), 2),
        "sentences_with_a_word_twice": twins,
        "scores": found,
        "even_weights": flat,
        "scores_shuffled": {name: rounded([score(each) for each in shuffled]) for name, score in SCORES.items()},
        "sentences_with_another_word": len(beside),
        "one_other_word": rounded([other_word_scores(*each) for each in beside]),
        **silence(model, texts[: 2 if tiny else SILENCED], resting_heads(found), tiny),
    }


main(__name__, run, SEED)
