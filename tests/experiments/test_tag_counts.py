"""Taggers that count: a corpus of three sentences, whose tables fit on a page."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from experiments.tag_counts import MostFrequent, TagPairs, WithoutRareWords, WordsBeside, judged

TRAIN = [
    [("I", "pp"), ("saw", "vb"), ("a", "at"), ("dog", "nn")],
    [("I", "pp"), ("saw", "vb"), ("it", "pp")],
    [("a", "at"), ("saw", "nn"), ("fell", "vb")],
]


def test_the_most_frequent_tag_does_not_look_around():
    tag = MostFrequent(TRAIN)
    assert tag(["i", "saw", "a", "saw"]) == ["pp", "vb", "at", "vb"]
    assert tag(["unheard"]) == ["nn"]


def test_words_beside_go_from_both_neighbours_to_none():
    tag = WordsBeside(TRAIN)
    assert tag(["a", "saw", "fell"])[1] == "nn"  # between these two
    assert tag(["a", "saw", "rose"])[1] == "nn"  # after "a"
    assert tag(["the", "saw", "fell"])[1] == "nn"  # before "fell"
    assert tag(["the", "saw", "rose"])[1] == "vb"  # alone


def test_a_word_is_never_taken_for_the_edge_of_a_sentence():
    keys = WordsBeside.keys(["saw"])[0]
    assert keys == [("<s>", "saw", "</s>"), ("<s>", "saw", ""), ("", "saw", "</s>")]


def test_pairs_of_tags_tell_the_two_saws_apart():
    tag = TagPairs(TRAIN, 0.01)
    assert tag(["i", "saw", "a", "saw"]) == ["pp", "vb", "at", "nn"]
    assert tag(["i", "heard", "a", "noise"]) == ["pp", "vb", "at", "nn"]  # words it never saw


def test_the_tables_are_the_counts():
    tag = TagPairs(TRAIN, 0.0)
    at, nn, vb = (tag.tags.index(name) for name in ("at", "nn", "vb"))
    # "at" stands twice, before "nn" both times; every one of six pairs (four tags, start, end) begins with 0.1.
    assert tag.follows[at, nn].exp().item() == pytest.approx((2 + 0.1) / (2 + 6 * 0.1))
    assert tag.first[at].exp().item() == pytest.approx((1 + 0.1) / (3 + 6 * 0.1))
    assert tag.last[nn].exp().item() == pytest.approx((1 + 0.1) / (2 + 6 * 0.1))
    assert tag.written["saw"][vb].exp().item() == pytest.approx(2 / 3)
    assert tag.written["saw"][at].item() == -math.inf


def test_the_best_row_is_the_best_of_all_rows():
    tag = TagPairs(TRAIN, 0.5)
    words = ["saw", "a", "saw", "it"]

    def rows(length: int) -> list[list[int]]:
        return [[]] if length == 0 else [[*row, i] for row in rows(length - 1) for i in range(len(tag.tags))]

    def told(row: list[int]) -> float:
        steps = [tag.follows[a, b] for a, b in pairwise(row)]
        written = [tag.written.get(word, tag.unseen)[i] for word, i in zip(words, row, strict=True)]
        return float(tag.first[row[0]] + sum(steps) + sum(written) + tag.last[row[-1]])

    assert tag(words) == [tag.tags[i] for i in max(rows(4), key=told)]


def test_what_is_judged():
    counts = MostFrequent(TRAIN).counts
    sentence = [("I", "pp"), ("saw", "vb"), ("a", "at"), ("saw", "nn")]
    found = judged([["pp", "vb", "at", "vb"]], [sentence], counts, ("a",))
    assert found == {"all": (0.75, 4), "ambiguous": (0.5, 2), "a": (1.0, 1), "twice": (0.0, 1)}
    assert judged([["pp", "vb", "at", "nn"]], [sentence], counts)["twice"] == (1.0, 1)


def test_rare_words_are_one_word():
    text = [[("a", "at"), ("dog", "nn")]] * 5 + [[("a", "at"), ("newt", "nn")]] * 4
    tag = WithoutRareWords(text, 0.01)
    assert [tag.known(word) for word in ("A", "dog", "newt", "unheard")] == ["a", "dog", "<rare>", "<rare>"]
    assert tag(["a", "unheard"]) == ["at", "nn"]
