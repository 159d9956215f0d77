"""Scores of heads on maps made by hand."""

import re

import pytest
import torch

from course_attn.pretrained.head_scores import (
    first_token_scores,
    induction_scores,
    next_token_scores,
    previous_token_scores,
    same_token_scores,
)

TOKENS = torch.tensor([[2, 3, 5, 2, 3, 5, 7]])  # a b c a b c d
SCORES = [
    first_token_scores,
    previous_token_scores,
    lambda weights: induction_scores(weights, 3),
    next_token_scores,
    lambda weights: same_token_scores(weights, TOKENS),
]


def looking(target, length=7):
    """A map whose query i looks at target(i) only."""
    weights = torch.zeros(length, length)
    for i in range(length):
        weights[i, target(i)] = 1.0
    return weights


FIRST = looking(lambda i: 0)
PREVIOUS = looking(lambda i: max(i - 1, 0))
INDUCTION = looking(lambda i: i - 2 if i >= 3 else i)  # tokens a b c a b c a: what came after the last time


def test_each_score_knows_its_own_head():
    weights = [torch.stack([FIRST, PREVIOUS])[None], torch.stack([INDUCTION, torch.full((7, 7), 1 / 7)])[None]]
    found = [score(weights) for score in SCORES]
    assert [score.shape for score in found] == [(2, 2)] * 5
    # By hand: the head that looks back one place sees the first token from the second alone, one query of six.
    torch.testing.assert_close(found[0], torch.tensor([[1.0, 1 / 6], [0.0, 1 / 7]]))
    torch.testing.assert_close(found[1], torch.tensor([[1 / 6, 1.0], [0.0, 1 / 7]]))
    torch.testing.assert_close(found[2], torch.tensor([[0.0, 0.0], [1.0, 1 / 7]]))
    torch.testing.assert_close(found[3], torch.tensor([[0.0, 0.0], [0.0, 1 / 7]]))
    # Six queries have a twin; the one at place 3 has its twin at place 0, where the first head looks.
    torch.testing.assert_close(found[4], torch.tensor([[1 / 6, 0.0], [0.0, 1 / 7]]))


@pytest.mark.parametrize("weights", [torch.ones(1, 1, 7, 7), torch.ones(2, 1, 1, 7, 7), 5, None])
@pytest.mark.parametrize("score", SCORES)
def test_maps_that_are_no_list(score, weights):
    with pytest.raises(ValueError, match=r"weights must be a list of maps, one \(B, h, N, N\) for each layer, got"):
        score(weights)


def test_heads_that_look_ahead_and_at_their_twins():
    ahead, twin = looking(lambda i: min(i + 1, 6)), looking(lambda i: (i + 3) % 6 if i < 6 else 0)
    weights = [torch.stack([ahead, twin])[None]]
    torch.testing.assert_close(next_token_scores(weights), torch.tensor([[1.0, 0.0]]))
    torch.testing.assert_close(same_token_scores(weights, TOKENS), torch.tensor([[0.0, 1.0]]))


def test_a_query_weighs_the_same_in_whichever_sequence_it_stands():
    weights = [torch.stack([FIRST, looking(lambda i: i)])[:, None]]  # (2, 1, 7, 7)
    tokens = torch.tensor([[2, 2, 3, 5, 7, 11, 13], [2, 3, 2, 2, 5, 7, 11]])
    # Two queries with a twin in the first sequence, three in the second: one of five looks at its twin.
    torch.testing.assert_close(same_token_scores(weights, tokens), torch.tensor([[1 / 5]]))


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (torch.arange(7)[None], "tokens must be with one that stands in two places"),
        (torch.zeros(1, 5, dtype=torch.long), "tokens must be of shape (1, 7), got shape (1, 5)"),
        (None, "tokens must be of shape (1, 7), got NoneType None"),
    ],
)
def test_tokens_that_do_not_fit(tokens, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        same_token_scores([torch.ones(1, 2, 7, 7)], tokens)


def test_the_mean_over_the_batch():
    weights = [torch.stack([FIRST, PREVIOUS])[:, None]]  # (2, 1, 7, 7)
    torch.testing.assert_close(first_token_scores(weights), torch.tensor([[7 / 12]]))
    torch.testing.assert_close(previous_token_scores(weights), torch.tensor([[7 / 12]]))


@pytest.mark.parametrize("score", SCORES)
def test_errors(score):
    with pytest.raises(ValueError, match="weights must be of at least one layer"):
        score([])
    with pytest.raises(ValueError, match=re.escape("weights must be of shape (B, h, N, N)")):
        score([torch.ones(7, 7)])
    with pytest.raises(ValueError, match=re.escape("weights must be of shape (1, 2, 7, 7), got shape (1, 2, 7, 5)")):
        score([torch.ones(1, 2, 7, 5)])
    with pytest.raises(ValueError, match="weights must be of at least two tokens"):
        score([torch.ones(1, 2, 1, 1)])


def test_nothing_repeats():
    with pytest.raises(ValueError, match=re.escape("period must be below N = 7, got 7 (nothing repeats)")):
        induction_scores([torch.ones(1, 2, 7, 7)], 7)


def test_another_device_is_named():
    maps = torch.ones(1, 2, 7, 7)
    with pytest.raises(ValueError, match="weights must be on the first layer's device, cpu, got device meta"):
        induction_scores([maps, maps.to("meta")], 3)
    with pytest.raises(ValueError, match="tokens must be on the weights' device, cpu, got device meta"):
        same_token_scores([maps], TOKENS.to("meta"))
