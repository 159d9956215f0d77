"""Does a head of MiniLM link "make" with the adjective that completes it, better than the nearest adjective?

The notes say that "making" has something of "more difficult" in it after self-attention. Here stand sentences of the
Brown corpus with one form of "make" as a verb, a word or more after it, and two adjectives or more later on; which of
them completes the verb ("made the process more difficult") was written down by hand, before any head was looked at, and
sentences with two such adjectives are left out. A head answers with the adjective after the verb that the verb looks at
most. The best of the seventy-two is chosen on every other sentence and asked about the rest.

    python -m experiments.make_heads      less than a minute
"""

from __future__ import annotations

from typing import Any

import torch

from course_attn.data.text import tagged_sentences
from course_attn.pretrained.minilm import load_minilm
from experiments import main
from experiments.its_heads import compared, told, weights_on_words

SEED = 0
VERB, ADJECTIVE = ("make", "makes", "made", "making"), ("jj", "jjr", "jjt", "jjs")
# Number of the sentence in the corpus: number of the word that completes the verb.
MEANT = {
    476: 28, 499: 30, 752: 6, 2688: 16, 2878: 26, 3581: 18, 3747: 29, 4548: 8, 5098: 17, 5586: 7, 6025: 21, 6392: 8,
    6950: 6, 7047: 6, 7963: 21, 8021: 16, 8760: 15, 9806: 7, 10504: 7, 11512: 13, 11934: 13, 11952: 9, 12216: 14,
    13307: 16, 13362: 17, 13421: 9, 13450: 13, 14096: 23, 14826: 8, 15016: 8, 15063: 11, 15078: 14, 15118: 3, 15162: 4,
    15299: 10, 15520: 4, 15998: 24, 16107: 11, 16599: 12, 17489: 5, 17894: 21, 19147: 5, 19894: 7, 24231: 8, 24574: 41,
    24998: 15, 25610: 13, 26029: 15, 26359: 9, 26765: 5, 27529: 9, 27585: 11, 27928: 7, 28439: 7, 28651: 4, 28885: 19,
    29971: 8, 30576: 27, 31133: 21, 31747: 28, 32452: 5, 32496: 28, 32742: 31, 33010: 3, 34206: 3, 34572: 5, 34928: 4,
    35092: 17, 35170: 16, 35936: 11, 36075: 4, 36375: 4, 36768: 11, 36883: 8, 37059: 9, 37491: 12, 37595: 28, 41598: 4,
    42174: 3, 44074: 4, 46388: 29, 47179: 12, 52352: 19, 56556: 5,
}  # fmt: skip


def asked() -> list[tuple[list[str], list[str], int, list[int], int]]:
    """For each sentence words, tags, where the verb and the adjectives after it stand, and which is meant."""
    sentences, found = tagged_sentences(), []
    for number, meant in MEANT.items():
        words, tags = ([*row] for row in zip(*sentences[number], strict=True))
        verbs = [i for i, (word, tag) in enumerate(sentences[number]) if word.lower() in VERB and tag[:2] == "vb"]
        adjectives = [i for i in range(verbs[0] + 1, len(words)) if tags[i] in ADJECTIVE]
        if len(verbs) != 1 or meant not in adjectives or len(adjectives) < 2 or meant == verbs[0] + 1:
            raise RuntimeError(f"sentence {number}: word {meant}, {words[meant]!r}, verbs {verbs}, among {adjectives}")
        found.append((words, tags, verbs[0], adjectives, meant))
    return found


def by_itself(tags: list[str], adjectives: list[int]) -> int:
    """The first adjective that stands before no noun and no other adjective, else the first."""
    before = [*tags[1:], "."]
    return next((i for i in adjectives if before[i][:1] not in ("n", "j")), adjectives[0])


def run(tiny: bool = False) -> dict[str, Any]:
    """Every head and every rule on every sentence."""
    model, sentences = load_minilm(), asked()[: 6 if tiny else None]
    hits = []  # for each sentence (layers, h): whether the adjective looked at most is the one that is meant
    for words, _, verb, adjectives, meant in sentences:
        looked = weights_on_words(model, words, verb)[..., adjectives]
        hits.append(torch.tensor(adjectives)[looked.argmax(-1)] == meant)
    table = torch.stack(hits)  # (sentences, layers, h)
    rules = {
        "nearest adjective": [adjectives[0] == meant for *_, adjectives, meant in sentences],
        "last adjective": [adjectives[-1] == meant for *_, adjectives, meant in sentences],
        "nearest before no noun": [by_itself(tags, a) == meant for _, tags, _, a, meant in sentences],
    }
    best = divmod(int(table[::2].float().mean(0).argmax()), table.shape[2])
    rest = table[1::2, best[0], best[1]].tolist()
    others = {name: answers[1::2] for name, answers in rules.items()}
    hard = [not near for near in others["nearest adjective"]]  # another adjective stands between
    return {
        "question": "Does a head link 'make' with the adjective that completes it, better than the nearest adjective?",
        "prediction": "The nearest adjective is right in three of four; the best head is as good, and not better.",
        "sentences": len(sentences),
        "adjectives_a_sentence": round(sum(len(a) for *_, a, _ in sentences) / len(sentences), 2),
        "chance": round(sum(1 / len(a) for *_, a, _ in sentences) / len(sentences), 4),
        "baselines": {name: told(answers) for name, answers in others.items()},
        "best_of_half": [best[0] + 1, best[1] + 1],
        "best_on_the_half_it_was_chosen_on": told(table[::2, best[0], best[1]].tolist()),
        "best_on_the_other_half": told(rest),
        "best_against": {name: compared(rest, answers) for name, answers in others.items()},
        "best_where_another_stands_between": told([hit for hit, far in zip(rest, hard, strict=True) if far]),
        "all_heads": [[round(x, 3) for x in row] for row in table.float().mean(0).tolist()],
    }


main(__name__, run, SEED)
