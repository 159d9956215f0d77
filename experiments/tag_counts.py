"""Word classes by counting alone: the most frequent class, the words beside a word, and pairs of classes.

What the networks of ``tagging`` stand beside, on their own split. Nothing here has a hidden layer: what is
counted is how often a word has a tag, alone or beside another word, and how often a tag follows another.

    python -m experiments.tag_counts      about a minute
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import torch

from course_attn.data.text import tagged_sentences
from experiments import main

SEED = 0
RAREST = 5  # as often a word must stand in the training text for the networks to know it
LONGEST, HELD_OUT, CHOOSING = 30, 4000, 2000  # the split of the networks; and of what is left, to choose a weight by
WEIGHTS = (0.001, 0.01, 0.1, 1.0)
Sentence = list[tuple[str, str]]
START, END, UNKNOWN = "<s>", "</s>", "nn"
EVERY_PAIR = 0.1  # added to the count of every pair of tags: the corpus lacks some that are possible


def lower(sentence: Sentence) -> list[str]:
    """The words of a sentence."""
    return [word.lower() for word, _ in sentence]


class MostFrequent:
    """Gives each word its most frequent tag; ``nn`` to a word that was never seen."""

    def __init__(self, train: list[Sentence]):
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        for sentence in train:
            for word, tag in sentence:
                self.counts[word.lower()][tag] += 1

    def __call__(self, words: list[str]) -> list[str]:
        return [self.counts[word].most_common(1)[0][0] if word in self.counts else UNKNOWN for word in words]


class WordsBeside:
    """The most frequent tag of a word between its neighbours, else after the one, else before the other, else alone."""

    def __init__(self, train: list[Sentence]):
        self.alone = MostFrequent(train)
        self.counts: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for sentence in train:
            for i, keys in enumerate(self.keys(lower(sentence))):
                for key in keys:
                    self.counts[key][sentence[i][1]] += 1

    @staticmethod
    def keys(words: list[str]) -> list[list[tuple[str, ...]]]:
        """For each word what is looked up, the most exact first."""
        ends = [START, *words, END]
        triples = zip(ends, words, ends[2:], strict=False)
        return [[(a, b, c), (a, b, ""), ("", b, c)] for a, b, c in triples]

    def __call__(self, words: list[str]) -> list[str]:
        found, alone = [], self.alone(words)
        for keys, usual in zip(self.keys(words), alone, strict=True):
            seen = next((self.counts[key] for key in keys if key in self.counts), None)
            found.append(seen.most_common(1)[0][0] if seen else usual)
        return found


class TagPairs:
    """A hidden Markov model of counts: how often a tag follows another, and how often it is written as a word.

    The best row of tags for a whole sentence is found by Viterbi's algorithm. Words that stood once in the text tell
    which tags a word has that never stood there.

    Args:
        train: Sentences of words and tags.
        weight: How many words of unknown tags are added to what was seen of each word.
    """

    def __init__(self, train: list[Sentence], weight: float):
        self.tags = sorted({tag for sentence in train for _, tag in sentence})
        number = {tag: i for i, tag in enumerate(self.tags)}
        count = len(self.tags)
        rows = ([count, *(number[tag] for _, tag in sentence), count + 1] for sentence in train)  # from start to end
        following = Counter(pair for row in rows for pair in pairwise(row))
        pairs = torch.full((count + 2, count + 2), EVERY_PAIR, dtype=torch.float64)
        for (before, after), times in following.items():
            pairs[before, after] += times
        seen = {}
        for word, tags in MostFrequent(train).counts.items():
            seen[word] = torch.zeros(count, dtype=torch.float64)
            for tag, times in tags.items():
                seen[word][number[tag]] = times
        follows = (pairs / pairs.sum(1, keepdim=True)).log()
        self.first, self.follows, self.last = follows[count, :count], follows[:count, :count], follows[:count, -1]
        of_tag = torch.stack([*seen.values()]).sum(0)  # (tags,)
        once = sum((x for x in seen.values() if x.sum() == 1), torch.full_like(of_tag, 0.01))
        self.unseen = (once / once.sum() / of_tag).log()
        self.written = {word: ((x + weight * once / once.sum()) / of_tag).log() for word, x in seen.items()}

    def __call__(self, words: list[str]) -> list[str]:
        best, came_from = self.first + self.written.get(words[0], self.unseen), []
        for word in words[1:]:
            best, before = (best[:, None] + self.follows).max(0)  # over the tag before
            best = best + self.written.get(word, self.unseen)
            came_from.append(before)
        row = [int((best + self.last).argmax())]
        for before in reversed(came_from):
            row.append(int(before[row[-1]]))
        return [self.tags[i] for i in reversed(row)]


class WithoutRareWords:
    """Pairs of tags with the networks' vocabulary: all words that are rarer than ``RAREST`` are one."""

    def __init__(self, train: list[Sentence], weight: float):
        self.counts = Counter(word for sentence in train for word in lower(sentence))
        self.pairs = TagPairs([[(self.known(word), tag) for word, tag in sentence] for sentence in train], weight)

    def known(self, word: str) -> str:
        """The word, or the one that stands for all rare ones."""
        word = word.lower()
        return word if self.counts[word] >= RAREST else "<rare>"

    def __call__(self, words: list[str]) -> list[str]:
        return self.pairs([self.known(word) for word in words])


def lowered(sentence: Sentence) -> Sentence:
    """The same, its words in small letters."""
    return [(word.lower(), tag) for word, tag in sentence]


def ambiguous(tags: Counter[str]) -> bool:
    """Whether a second tag has at least a tenth of a word's occurrences."""
    ranks = tags.most_common(2)
    return len(ranks) == 2 and 10 * ranks[1][1] >= tags.total()


def judged(
    answers: list[list[str]], sentences: list[Sentence], counts: dict[str, Counter[str]], watched: tuple[str, ...] = ()
) -> dict[str, tuple[float, int]]:
    """Shares of right answers, and of how many: all words, ambiguous ones, words twice with two tags, watched ones."""
    right: dict[str, list[bool]] = defaultdict(list)
    for sentence, answer in zip(sentences, answers, strict=True):
        places: dict[str, list[int]] = defaultdict(list)
        for i, (word, tag) in enumerate(lowered(sentence)):
            hit = answer[i] == tag
            right["all"].append(hit)
            if word in counts and ambiguous(counts[word]):
                right["ambiguous"].append(hit)
            if word in watched:
                right[word].append(hit)
            places[word].append(i)
        for where in places.values():
            if len({sentence[i][1] for i in where}) > 1:
                right["twice"].append(all(answer[i] == sentence[i][1] for i in where))
    return {kind: (sum(hits) / len(hits), len(hits)) for kind, hits in right.items()}


def run(tiny: bool = False) -> dict[str, Any]:
    """Count, and tag the held-out sentences in three ways."""
    sentences = [s for s in tagged_sentences() if len(s) <= LONGEST]
    order = torch.randperm(len(sentences), generator=torch.Generator().manual_seed(SEED)).tolist()
    test, train = ([sentences[i] for i in part] for part in (order[:HELD_OUT], order[HELD_OUT:]))
    if tiny:
        test, train = test[:50], train[:3000]
    cut = min(CHOOSING, len(train) // 10)
    counts = MostFrequent(train).counts
    tried = {}
    for weight in WEIGHTS[:2] if tiny else WEIGHTS:
        tagger = TagPairs(train[cut:], weight)
        told = [tagger(lower(sentence)) for sentence in train[:cut]]
        tried[weight] = judged(told, train[:cut], MostFrequent(train[cut:]).counts)["ambiguous"][0]
    best = max(tried, key=lambda weight: tried[weight])
    taggers = {
        "most frequent tag": MostFrequent(train),
        "words beside it": WordsBeside(train),
        "pairs of tags": TagPairs(train, best),
        "pairs, rare words one": WithoutRareWords(train, best),
    }
    watched = ("to", "that", "her", "as", "so", "no", "more", "like", "back")  # 50 times and more in the test
    found = {}
    for name, tagger in taggers.items():
        told = judged([tagger(lower(sentence)) for sentence in test], test, counts, watched)
        found[name] = {kind: round(share, 4) for kind, (share, _) in told.items()}
    return {
        "question": "How far does counting get in telling word classes, without any network?",
        "sentences": {"train": len(train), "test": len(test)},
        "tags": len({tag for sentence in sentences for _, tag in sentence}),
        "chosen": {"how": f"on {cut} sentences of the training text", "tried": tried, "taken": best},
        "results": found,
    }


main(__name__, run, SEED)
