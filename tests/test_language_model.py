"""The causal language model."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import B, N
from torch.testing import assert_close

from course_attn.language_model import CausalLanguageModel
from course_attn.masks import causal_mask
from course_attn.multi_head import MultiHeadAttention
from course_attn.positional import LearnedPositions, Rotary

V, D = 13, 12


def model(**options):
    options = {"positions": LearnedPositions(N, D)} | options
    return CausalLanguageModel(V, D, 3, 17, 2, **options).double()


def tokens(seed=0):
    return torch.randint(V, (B, N), generator=torch.Generator().manual_seed(seed))


def test_is_its_parts():
    language = model()
    x = language.embedding.weight[tokens()] * math.sqrt(D) + language.positions.table
    for block in language.decoder.blocks:
        x = block(x, causal_mask(N))
    wanted = language.decoder.final_norm(x) @ language.embedding.weight.T
    assert_close(language(tokens()), wanted)


@given(st.integers(1, N - 1))
def test_the_future_cannot_matter(place):
    language, other = model(), tokens()
    other[:, place:] = 0
    assert_close(language(other)[:, :place], language(tokens())[:, :place])


@pytest.mark.parametrize("positions", [None, "rotary"])
def test_rotary_positions_come_with_the_attention(positions):
    def make():
        return MultiHeadAttention(D, 3, rotate=Rotary(4) if positions else None)

    # One block: a second one would know places without any encoding, from how many keys the first could see.
    language = CausalLanguageModel(V, D, 3, 17, 1, positions=None, make_attention=make).double()
    swapped = tokens()[:, [1, 0, 2, 3, 4]]
    same = torch.allclose(language(swapped)[:, -1], language(tokens())[:, -1])
    assert same == (positions is None)


def test_every_parameter_has_a_gradient_and_dropout_is_drawn():
    language = model(dropout=0.2)
    assert not torch.allclose(language(tokens()), language(tokens()))
    language.eval()
    assert_close(language(tokens()), language(tokens()))
    language(tokens()).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in language.parameters())


def test_errors():
    with pytest.raises(ValueError, match=r"tokens must be from 0 to 12, got 13 to 13"):
        model()(torch.full((1, 1), V))
    with pytest.raises(ValueError, match=r"LearnedPositions: embeddings must be of at most 5 places"):
        model()(torch.zeros(1, N + 1, dtype=torch.long))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: CausalLanguageModel(7, 8, 2, 11, 1, positions=None, dropout=None),
            "CausalLanguageModel: dropout must be a number from 0.0 to below 1.0, got NoneType None",
        ),
        (
            lambda: CausalLanguageModel(7, 8, 2, 11, 1, positions="sines"),
            "CausalLanguageModel: positions must be a module that adds positions, or None, got str 'sines'",
        ),
        (
            lambda: CausalLanguageModel(7, 8, 2, 11, 1, positions=None)("abc"),
            "tokens must be int64 numbers of shape (B, N), got str 'abc'",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
