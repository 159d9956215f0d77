"""A carpenter's saw after "a": does the window need to have seen one?

In the training text "saw" is a noun three times. A window of five words is trained with these sentences and without
them, and both are asked about "saw" put in place of another word of held-out sentences: where a noun stands after "a",
and where a verb in the past tense stands after a pronoun. Beside them: the most frequent tag, and pairs of tags.

    python -m experiments.noun_saws      resumable; ``--status`` says how long
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from experiments.fit import SETTINGS, fit
from experiments.frame import Arm, Experiment, Line, Run, main
from experiments.tag_counts import MostFrequent, Sentence, TagPairs, lower, lowered
from experiments.tagging import BATCH, BUDGET, IGNORE, RATES, WIDTH, by_network, corpus, loss, network

PRONOUNS = ("i", "he", "she", "we", "they")
Asked = dict[str, list[tuple[list[str], int]]]  # tag that is meant: sentences, and where their "saw" stands


def saws(sentences: list[Sentence]) -> Asked:
    """Sentences with "saw" for a noun after "a", or for a verb in the past after a pronoun."""
    made: Asked = {"nn": [], "vbd": []}
    for sentence in sentences:
        words = lower(sentence)
        for i, (_, tag) in enumerate(sentence[1:], 1):
            if (tag, words[i - 1]) == ("nn", "a") or (tag == "vbd" and words[i - 1] in PRONOUNS):
                made[tag].append(([*words[:i], "saw", *words[i + 1 :]], i))
    return made


@cache
def rows(noun_saws: bool) -> list[tuple[Tensor, Tensor]]:
    """The training text as numbers, with the sentences in which "saw" is a noun or without them."""
    c = corpus()
    kept = zip(c.train, c.rows, strict=True)
    return [row for sentence, row in kept if noun_saws or ("saw", "nn") not in lowered(sentence)]


def batch(drawn_from: list[tuple[Tensor, Tensor]], generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Sentences as words ``(B, N)`` and tags ``(B, N)``."""
    drawn = torch.randint(len(drawn_from), (BATCH,), generator=generator).tolist()
    words, tags = zip(*(drawn_from[i] for i in drawn), strict=True)
    return pad_sequence(words, batch_first=True), pad_sequence(tags, batch_first=True, padding_value=IGNORE)


def measure(run: Run) -> Line:
    """Count or train; then tag the saws that were put into sentences."""
    c = corpus()
    if run.arm in EXPERIMENT.baselines:
        tagger = MostFrequent(c.train) if run.arm == "most frequent tag" else TagPairs(c.train, 0.01)

        def tag(texts: list[list[str]]) -> list[list[str]]:
            return [tagger(words) for words in texts]
    else:
        torch.manual_seed(run.seed)
        model: nn.Module = network("window 5", len(c.word_number) + 2, len(c.tags))
        drawn_from = rows(run.arm == "with noun saws")
        fit(model, loss, lambda g: batch(drawn_from, g), run.steps, run.value, run.seed)

        def tag(texts: list[list[str]]) -> list[list[str]]:
            return by_network(model, texts)

    def shares(sentences: list[Sentence]) -> dict[str, float]:
        found = {}
        for meant, made in saws(sentences).items():
            answers = tag([words for words, _ in made])
            found[meant] = sum(answer[i] == meant for answer, (_, i) in zip(answers, made, strict=True)) / len(made)
        return found

    choose = shares(c.validation[:300] if run.tiny else c.validation)
    numbers: Line = {"validation": (choose["nn"] + choose["vbd"]) / 2}
    if run.search:
        return numbers
    told = shares(c.test[:300] if run.tiny else c.test)
    counts = {meant: len(made) for meant, made in saws(c.test).items()}
    example = tag([["i", "saw", "a", "saw", "."]])[0]
    return numbers | {"noun": told["nn"], "verb": told["vbd"], "counts": counts, "example": " ".join(example)}


EXPERIMENT = Experiment(
    name="noun_saws",
    question="Does a window of five take 'saw' after 'a' for a noun only because it saw such sentences?",
    prediction="Without them it still does so in most places: after 'a' nearly everything is a noun or an adjective.",
    arms={
        "with noun saws": Arm("window of five, all training sentences", RATES),
        "without noun saws": Arm("the same without the sentences in which saw is a noun", RATES),
    },
    baselines={
        "most frequent tag": Arm("of the word: a verb", scale=0, once=("saws",)),
        "pairs of tags": Arm("hidden Markov model of counts, all training sentences", scale=0, once=("saws",)),
    },
    seeds=(0, 1, 2),
    split={
        "train": "sentences of at most 30 words, all but the others",
        "validation": "2000 sentences, with saw put into them",
        "test": "4000 sentences, with saw put into them",
    },
    budget={"saws": 800},
    unit=f"step of {BATCH} sentences",
    measure="noun",
    run=measure,
    settings=SETTINGS | {"batch": BATCH, "width": WIDTH, "parameters": BUDGET},
    doubled=1,
)

main(__name__, EXPERIMENT)
