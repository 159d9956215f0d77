"""What the heads of MiniLM are measured against: even weights, another word, as many other heads."""

from __future__ import annotations

import pytest
import torch

from course_attn.pretrained.head_scores import previous_token_scores
from experiments import minilm_heads


def test_one_other_word_gets_the_mean_over_the_other_marked_words():
    # Words 5, 6, 5, 7 and one token that is no word: the two 5 ask, each of 6 and 7.
    marked = torch.tensor([[5, 6, 5, 7, -1]])
    maps = torch.arange(25.0).view(1, 1, 1, 5, 5).expand(2, 1, 3, 5, 5)
    found = minilm_heads.other_word_scores(list(maps), marked)
    assert found.shape == (2, 3)
    assert found[1, 2].item() == (1 + 3 + 11 + 13) / 4


@pytest.mark.parametrize(("marked", "others"), [([5, 6, 5, -4], True), ([5, -2, 5, -4], False)])
def test_a_sentence_with_nothing_but_the_word_that_stands_twice_has_no_other(marked, others):
    assert minilm_heads.has_others(torch.tensor([marked])) is others


def test_even_weights_are_one_head_with_rows_that_sum_to_one():
    maps = [torch.rand(1, 12, 7, 7) for _ in range(6)]
    (only,) = minilm_heads.even(maps)
    assert only.shape == (1, 1, 7, 7)
    assert previous_token_scores([only]).item() == pytest.approx(1 / 7)


def test_a_head_rests_if_it_does_nothing_else():
    scores = {
        "previous token": [[0.1, 0.3, 0.1]],
        "next token": [[0.1, 0.1, 0.1]],
        "same word": [[0.2, 0.1, 0.1]],
        "first token": [[0.5, 0.6, 0.4]],
    }
    assert minilm_heads.resting_heads(scores) == [(0, 0)]


def test_as_many_others_of_the_same_layers():
    resting = [(0, 1), (2, 0), (2, 3)]
    drawn = minilm_heads.as_many_others(resting, 5, torch.Generator().manual_seed(0))
    assert sorted(layer for layer, _ in drawn) == [0, 2, 2]
    assert len(set(drawn)) == 3
    assert not set(drawn) & set(resting)


@pytest.mark.parametrize("change", [minilm_heads.in_random_order, minilm_heads.left_out])
def test_a_changed_sentence_keeps_its_words_but_one(change):
    words = ["the", "small", "dog", "saw", "the", "big", "dog"]
    changed = change(" ".join(words)).split()
    assert changed != words
    assert len(changed) == len(words) - (change is minilm_heads.left_out)
    rest = list(words)
    for word in changed:
        rest.remove(word)


def test_the_claims_rest_on_fifty_sentences_at_least():
    assert min(minilm_heads.SENTENCES, minilm_heads.SILENCED, minilm_heads.TWINS) >= 50
