"""Counts of what a head finds: intervals and paired comparisons by hand, and pieces of a word taken together."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from experiments import its_heads


def test_wilsons_interval():
    # Half of 100: the middle stays at one half, the reach is 0.0962 (Wilson, 1927).
    assert its_heads.interval(50, 100) == [pytest.approx(0.4038, abs=1e-4), pytest.approx(0.5962, abs=1e-4)]
    assert its_heads.interval(0, 10)[0] == pytest.approx(0, abs=1e-4)
    assert its_heads.interval(10, 10)[1] == pytest.approx(1, abs=1e-4)


def test_a_paired_comparison_counts_where_only_one_is_right():
    found = its_heads.compared([True, True, False, False, True], [True, False, True, False, False])
    assert found == {"only_ours": 2, "only_theirs": 1}


def test_pieces_of_a_word_are_taken_together():
    # "ab" is one piece, "cde" two, "f" one; with the two special tokens six in all.
    ids = {"ab": [0, 1, 9], "cde": [0, 2, 3, 9], "f": [0, 4, 9]}
    maps = torch.arange(36.0).view(1, 1, 6, 6).expand(2, 3, 6, 6)
    model = SimpleNamespace(
        tokenizer=SimpleNamespace(encode=lambda word: SimpleNamespace(ids=ids[word])),
        attention_maps=lambda text: (["x"] * 6, maps),
    )
    found = its_heads.weights_on_words(model, ["ab", "cde", "f"], 1)  # rows 2 and 3 of the map
    assert found.shape == (2, 3, 3)
    assert found[1, 2].tolist() == [16.0, 17.0 + 18.0, 19.0]
    assert its_heads.weights_on_words(model, ["ab", "cde", "f"], 0)[0, 0].tolist() == [7.0, 8.0 + 9.0, 10.0]


def test_a_claim_about_a_habit_rests_on_fifty_sentences_at_least():
    assert len(its_heads.MEANT) >= 50
