"""What the seventy-two heads of MiniLM do on real sentences, and what is lost when one of them is silenced.

For each head: how much of its attention goes to the previous token, the next one, the first one; and, in sentences with
a word that stands twice, to the word's other place, for words of four letters and more and for shorter ones. Then one
head at a time gives zero, and the sentence's vector is compared with the whole model's.

    python -m experiments.minilm_heads        about three minutes on one core
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
SENTENCES, SILENCED, TWINS = 200, 100, 100
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


def twin_scores(model: MiniLM, texts: list[str], count: int, wanted: Callable[[str], bool]) -> list[list[float]]:
    """Mean weight on a word's other place, over the first ``count`` sentences in which a wanted word stands twice."""
    found: list[Tensor] = []
    for text in texts:
        tokens, _, words = model.encode(text)
        marked = words_only(tokens, words[0], wanted)
        if len(found) < count and len(set(marked[0].tolist())) < marked.shape[1]:
            found.append(same_token_scores(weights_of(model, text)[2], marked))
    if len(found) < count:
        raise RuntimeError(f"only {len(found)} sentences with a word twice")
    return rounded(found)


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
def changes(model: MiniLM, texts: list[str], heads: int) -> list[list[float]]:
    """One minus the cosine between a sentence's vector with and without each head, mean over sentences."""
    whole = model.sentence_vectors(texts)
    table = []
    for block in model.blocks.children():
        row = []
        for head in range(heads):
            with silenced(block.get_submodule("attention"), head):  # type: ignore[arg-type]
                row.append(round((1 - (model.sentence_vectors(texts) * whole).sum(-1)).mean().item(), 5))
        table.append(row)
        print(row, flush=True)
    return table


def run(tiny: bool = False) -> dict[str, Any]:
    """Scores of all heads, then the change each one makes."""
    model = load_minilm()
    many = sentences(400 if tiny else 3000)
    texts = many[: 4 if tiny else SENTENCES]
    all_weights = [weights_of(model, text)[2] for text in texts]
    found = {name: rounded([score(weights) for weights in all_weights]) for name, score in SCORES.items()}
    twins = 2 if tiny else TWINS
    found["same word"] = twin_scores(model, many, twins, lambda word: len(word) >= LONG_WORD)
    found["same short word"] = twin_scores(model, many, twins, lambda word: len(word) < LONG_WORD)
    print({name: max(map(max, table)) for name, table in found.items()}, flush=True)
    heard = texts[: 2 if tiny else SILENCED]
    return {
        "text": f"Brown corpus, sentences of {SHORTEST} to {LONGEST} words",
        "sentences": len(texts),
        "tokens_a_sentence": round(sum(weights[0].shape[-1] for weights in all_weights) / len(texts), 2),
        "sentences_with_a_word_twice": twins,
        "scores": found,
        "sentences_silenced": len(heard),
        "change_when_silent": changes(model, heard, 2 if tiny else 12),
    }


main(__name__, run, SEED)
