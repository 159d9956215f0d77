"""What the seventy-two heads of MiniLM do on real sentences, and what is lost when one of them is silenced.

Four numbers for each head: how much of its attention goes to the previous token, the next one, other places with the
same token, and the first token. Then one head at a time gives zero, and the sentence's vector is compared with the
whole model's.

    python -m experiments.minilm_heads        about three minutes on one core
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
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
SENTENCES, SILENCED = 200, 100
SHORTEST, LONGEST = 8, 20  # words
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


@torch.no_grad()
def scores(model: MiniLM, texts: list[str]) -> tuple[dict[str, list[list[float]]], int, float]:
    """Each score's mean over sentences, ``(layers, h)``; how many sentences had a token twice; tokens a sentence."""
    sums: dict[str, list[Tensor]] = {name: [] for name in (*SCORES, "same token")}
    lengths = []
    for text in texts:
        tokens, mask, _ = model.encode(text)
        with record_weights(model) as records:
            model(tokens, mask)
        weights = list(records.values())
        lengths.append(tokens.shape[1])
        for name, score in SCORES.items():
            sums[name].append(score(weights))
        if len(set(tokens[0].tolist())) < tokens.shape[1]:
            sums["same token"].append(same_token_scores(weights, tokens))
    means = {name: torch.stack(each).mean(0) for name, each in sums.items()}
    rounded = {name: [[round(v, 4) for v in row] for row in mean.tolist()] for name, mean in means.items()}
    return rounded, len(sums["same token"]), sum(lengths) / len(lengths)


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
    texts = sentences(4 if tiny else SENTENCES)
    found, repeating, length = scores(model, texts)
    silence = partial(changes, model, texts[: 2 if tiny else SILENCED])
    return {
        "text": f"Brown corpus, {len(texts)} sentences of {SHORTEST} to {LONGEST} words",
        "tokens_a_sentence": round(length, 2),
        "sentences_with_a_token_twice": repeating,
        "scores": found,
        "sentences_silenced": len(texts[: 2 if tiny else SILENCED]),
        "change_when_silent": silence(2 if tiny else 12),
    }


main(__name__, run, SEED)
