"""What is asked of MiniLM about "make" and "bank": the rules beside it, and the comparison of two means, by hand."""

from __future__ import annotations

import torch

from experiments import bank_senses, make_heads


def test_the_rule_of_grammar_passes_adjectives_before_a_noun():
    # make a competitive business more profitable for ...
    tags = ["vb", "at", "jj", "nn", "ql", "jj", "in"]
    assert make_heads.by_itself(tags, [2, 5]) == 5
    assert make_heads.by_itself(["vb", "jj", "jj", "nn", "jj"], [1, 2, 4]) == 4  # the last word of all
    assert make_heads.by_itself(["vb", "jj", "nn", "jj", "nn"], [1, 3]) == 1  # none: the first


def test_a_claim_about_a_habit_rests_on_fifty_examples_at_least():
    assert len(make_heads.MEANT) >= 50
    assert len(bank_senses.RIVER) + len(bank_senses.MONEY) >= 50
    assert not set(bank_senses.RIVER) & set(bank_senses.MONEY)


def test_nearer_to_its_own_leaves_the_same_text_out():
    far = 10 * bank_senses.SAME_TEXT
    place = torch.tensor([0, far, 2 * far, 3 * far])
    river = torch.tensor([True, True, False, False])
    east, north = [1.0, 0.0], [0.0, 1.0]
    assert bank_senses.nearer_to_its_own(torch.tensor([east, east, north, north]), river, place) == [True] * 4
    assert bank_senses.nearer_to_its_own(torch.tensor([east, north, east, north]), river, place) == [False] * 4
    # Three river sentences: the first is like the second only, which is of the same text and does not count.
    vectors = torch.tensor([east, east, north, [0.3, -1.0]])
    river = torch.tensor([True, True, True, False])
    assert bank_senses.nearer_to_its_own(vectors, river, torch.tensor([0, 5, far, 2 * far]))[0] is False
    assert bank_senses.nearer_to_its_own(vectors, river, place)[0] is True


def test_a_bag_holds_the_other_words_and_a_rare_one_counts_more():
    bags = bank_senses.bags([["bank", "the", "river"], ["banks", "the"], ["the", "bank", "money"]])
    assert bags.shape == (3, 3)  # money, river, the
    assert bags[:, 2].tolist() == [0.0, 0.0, 0.0]  # in every sentence: log 1
    assert bags[0, 1] > 0
    assert bags[1].tolist() == [0.0, 0.0, 0.0]


def test_both_senses_count_alike():
    told = bank_senses.by_sense([True, True, True, False], torch.tensor([False, False, False, True]))
    assert told["balanced"] == 0.5
    assert (told["money"]["right"], told["river"]["of"]) == (3, 1)
