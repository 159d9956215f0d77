"""Does the vector of "bank" move to its meaning, and is that more than the words beside it tell?

Sentences of the Brown corpus with the noun "bank" or "banks", as an institution or at the water; which one was written
down by hand before any vector was looked at. Banks of clouds, windows and blood, proper names of places, and sentences
where a reader may doubt are left out. For each sentence and after each layer of MiniLM: is the vector of "bank" nearer
to the mean of the money banks or of the river banks? The sentence itself and all others of the same text are left out
of both means, since a text stays with its subject.

    python -m experiments.bank_senses      less than a minute
"""

from __future__ import annotations

from collections import Counter
from math import log
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_attn.data.text import tagged_sentences
from course_attn.pretrained.minilm import load_minilm
from experiments import main
from experiments.its_heads import compared, told

SEED = 0
SAME_TEXT = 150  # sentences: a text of the corpus has about 115
RIVER = [
    13199, 23831, 23832, 25033, 29388, 33821, 35551, 35701, 39330, 40187, 40496, 41163, 41176, 41205, 41212, 41224,
    41262, 41295, 41306, 48359, 50436, 51395,
]  # fmt: skip
MONEY = [
    105, 106, 108, 109, 111, 2356, 2358, 2661, 2664, 2755, 2822, 2823, 2824, 2828, 2829, 2833, 2837, 11668, 11671,
    11706, 14915, 18929, 20903, 23299, 23300, 23548, 23980, 23982, 23984, 23986, 27388, 27451, 27488, 27492, 27493,
    27495, 27497, 27499, 27501, 27971, 28067, 28085, 29592, 29618, 29621, 29623, 29624, 29626, 29628, 29631, 29632,
    29633, 30088, 30100, 35633, 35635, 36002, 38632, 38670, 39084, 43581, 44719, 44769, 48734, 51364, 56427, 56517,
]  # fmt: skip


def sentences() -> list[list[str]]:
    """The sentences as words in small letters, river first."""
    corpus = tagged_sentences()
    return [[word.lower() for word, _ in corpus[number]] for number in (*RIVER, *MONEY)]


def bags(texts: list[list[str]]) -> Tensor:
    """Each sentence as a bag of its other words, a rare word counting more: ``(sentences, words)``."""
    seen = Counter(word for text in texts for word in set(text))
    number = {word: i for i, word in enumerate(sorted(set(seen) - {"bank", "banks"}))}
    rows = torch.zeros(len(texts), len(number))
    for row, text in zip(rows, texts, strict=True):
        for word in set(text) & set(number):
            row[number[word]] = log(len(texts) / seen[word])
    return rows


def nearer_to_its_own(vectors: Tensor, river: Tensor, place: Tensor) -> list[bool]:
    """Whether each vector is nearer to the mean of its own sense than to that of the other.

    Args:
        vectors: ``(sentences, D)``.
        river: Which sense each has, ``(sentences,)``.
        place: Where in the corpus each stands, ``(sentences,)``; those near one another are of the same text.
    """
    unit = F.normalize(vectors, dim=-1)
    found = []
    for i in range(len(unit)):
        others = (place - place[i]).abs() > SAME_TEXT
        near, far = (
            F.normalize(unit[others & (river == river[i] ^ turned)].mean(0), dim=0) for turned in (False, True)
        )
        found.append(bool(unit[i] @ near > unit[i] @ far))
    return found


def by_sense(hits: list[bool], river: Tensor) -> dict[str, Any]:
    """Right answers of each sense with their intervals, and the mean of the two shares (a half is chance)."""
    two = {
        name: told([h for h, r in zip(hits, river.tolist(), strict=True) if r is sense])
        for name, sense in (("money", False), ("river", True))
    }
    return two | {"balanced": round((two["money"]["share"] + two["river"]["share"]) / 2, 4)}


@torch.no_grad()
def run(tiny: bool = False) -> dict[str, Any]:
    """Every stage of the model, and the words beside "bank", on every sentence."""
    model, texts = load_minilm(), sentences()
    river = torch.tensor([True] * len(RIVER) + [False] * len(MONEY))
    place = torch.tensor([*RIVER, *MONEY])
    if tiny:
        some = [0, 1, 2, 3, len(RIVER), len(RIVER) + 5, len(RIVER) + 7]
        texts, river, place = [texts[i] for i in some], river[some], place[some]
    stages, static, beside = [], [], []
    for text in texts:
        numbers, mask, tokens = model.encode(" ".join(text))
        at = next(i for i, token in enumerate(tokens[0]) if token in ("bank", "banks"))
        layers = model.layers(numbers, mask)
        others = [i for i in range(1, len(tokens[0]) - 1) if i != at]
        stages.append(torch.stack([layer[0, at] for layer in layers]))
        static.append(model.words(numbers)[0, others].mean(0))
        beside.append(layers[-1][0, others].mean(0))
    stage = torch.stack(stages, 1)  # (7, sentences, 384)
    hits = {f"bank after {i} layers": nearer_to_its_own(x, river, place) for i, x in enumerate(stage)}
    rules = {
        "the other words, counted": nearer_to_its_own(bags(texts), river, place),
        "the other words, vectors of the table": nearer_to_its_own(torch.stack(static), river, place),
        "the other words, after 6 layers": nearer_to_its_own(torch.stack(beside), river, place),
    }
    last = hits["bank after 6 layers"]
    return {
        "question": "Does the vector of 'bank' move to its meaning, and is that more than the other words tell?",
        "prediction": "From chance at the table to nine of ten after six layers; the other words tell nearly as much.",
        "sentences": {"money": int((~river).sum()), "river": int(river.sum())},
        "baselines": {
            "always money": {"balanced": 0.5},
            **{name: by_sense(found, river) for name, found in rules.items()},
        },
        "stages": {name: by_sense(found, river) for name, found in hits.items()},
        "last_against": {name: compared(last, found) for name, found in rules.items()},
    }


main(__name__, run, SEED)
