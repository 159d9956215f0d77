"""The six words that chapters 1 to 4 carry through."""

import torch
from torch.testing import assert_close

from course_attn.data.sentence import FEATURES, cat_sentence


def test_words_and_rows():
    tokens, x = cat_sentence()
    assert tokens == ["the", "cat", "sat", "on", "the", "mat"]
    assert x.shape == (6, 4) == (len(tokens), len(FEATURES))
    assert x.dtype == torch.float32
    assert_close(x[0], torch.tensor([1.0, 0.0, 0.0, 0.0]))
    assert_close(x[5], torch.tensor([0.1, 0.0, 0.0, 1.0]))


def test_both_articles_have_the_same_row_and_no_other_two_words_do():
    """What chapter 1 says of the second "the", and chapter 4 builds on."""
    tokens, x = cat_sentence()
    for i in range(6):
        for j in range(6):
            assert torch.equal(x[i], x[j]) == (tokens[i] == tokens[j])


def test_each_call_gives_fresh_copies():
    tokens, x = cat_sentence()
    tokens[0] = "a"
    x[0] = 9
    again, rows = cat_sentence()
    assert again[0] == "the"
    assert rows[0, 0].item() == 1
