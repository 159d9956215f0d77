"""Another attention in a model: found equal, or parted at the first layer that differs."""

import math
import re

import pytest
import torch
from torch import nn

from course_attn.attention import attention
from course_attn.multi_head import MultiHeadAttention
from course_attn.pretrained.dinov2 import load_dinov2
from course_attn.pretrained.minilm import MiniLM, load_minilm
from course_attn.pretrained.smollm2 import SmolLM2, load_smollm2
from course_attn.pretrained.swap import swap_attention
from course_attn.pretrained.whisper import load_whisper

TOKENS = torch.tensor([[2, 5, 3, 7, 7], [1, 0, 10, 4, 2]])
MASK = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])[:, None, None]


def minilm():
    return MiniLM(11, 7, 12, 3, 3, 5).eval()


def smollm2():
    return SmolLM2(11, 12, 3, 1, 3, 5).eval()


def mine(query, key, value, mask):
    """Written as a learner would."""
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(-1)
    return weights @ value, weights


def without_scale(query, key, value, mask):
    return mine(query * math.sqrt(query.shape[-1]), key, value, mask)


def without_mask(query, key, value, mask):
    return mine(query, key, value, None)


def wrong_weights(query, key, value, mask):
    output, weights = mine(query, key, value, mask)
    return output, weights.flip(-1)


def wrong_output(query, key, value, mask):
    output, weights = mine(query, key, value, mask)
    return output.flip(1), weights


class Mine(nn.Module):
    def forward(self, query, key, value, mask):
        return mine(query, key, value, mask)


@pytest.mark.parametrize("attend", [mine, attention, Mine()])
def test_the_same(attend):
    for model, inputs in ((minilm(), (TOKENS, MASK)), (smollm2(), (TOKENS,))):
        reference = model(*inputs)
        found = swap_attention(model, attend, *inputs)
        assert found.same
        assert found.parted == ""
        assert len(found.differences) == 3
        assert all(difference < 1e-5 for pair in found.differences.values() for difference in pair)
        assert str(found).startswith("the same: 3 layers, outputs apart by at most ")
        layers = [layer for layer in model.modules() if isinstance(layer, MultiHeadAttention)]
        assert all(layer.attend is attend for layer in layers)
        torch.testing.assert_close(model(*inputs), reference)
        found.undo()
        assert all(layer.attend is None for layer in layers)


@pytest.mark.parametrize("first", [without_scale, wrong_output, Mine(), mine])
def test_a_second_try_is_compared_with_the_model(first):
    """Not with the first try, which is still in the model."""
    model = minilm()
    reference = model(TOKENS, MASK)
    once = swap_attention(model, first, TOKENS, MASK)
    again = swap_attention(model, first, TOKENS, MASK)
    assert (again.same, again.difference, again.parted) == (once.same, once.difference, once.parted)
    assert again.same is (first is mine or isinstance(first, Mine))
    assert swap_attention(model, mine, TOKENS, MASK).same
    assert not swap_attention(model, without_scale, TOKENS, MASK).same
    again.undo()
    assert torch.equal(model(TOKENS, MASK), reference)


@pytest.mark.parametrize("tries", [(Mine(), mine), (mine, Mine()), (Mine(), Mine()), (mine, Mine(), mine)])
@pytest.mark.parametrize("undone", ["each", "last", "first"])
def test_functions_and_modules_in_any_order(tries, undone):
    model = minilm()
    reference, entries = model(TOKENS, MASK), list(model.state_dict())
    found = []
    for attend in tries:
        found.append(swap_attention(model, attend, TOKENS, MASK))
        assert found[-1].same
        assert list(model.state_dict()) == entries
        if undone == "each":
            found[-1].undo()
            assert torch.equal(model(TOKENS, MASK), reference)
    found[-1 if undone == "last" else 0].undo()
    assert torch.equal(model(TOKENS, MASK), reference)
    assert list(model.state_dict()) == entries


@pytest.mark.parametrize(
    ("attend", "model", "inputs", "what"),
    [
        (without_scale, minilm, (TOKENS, MASK), "weights of blocks.0.attention: apart by "),
        (without_mask, minilm, (TOKENS, MASK), "weights of blocks.0.attention: apart by "),
        (without_mask, smollm2, (TOKENS,), "weights of decoder.blocks.0.attention: apart by "),
        (wrong_weights, minilm, (TOKENS, MASK), "weights of blocks.0.attention: apart by "),
        (wrong_output, minilm, (TOKENS, MASK), "output of blocks.0.attention: apart by "),
    ],
)
def test_where_they_part(attend, model, inputs, what):
    found = swap_attention(model(), attend, *inputs)
    assert not found.same
    assert found.parted.startswith(what)
    assert str(found).startswith(f"not the same: {what}")


def test_a_mistake_that_shows_late():
    """Right on the first two calls: the third layer is the one to name."""
    calls = []

    def late(query, key, value, mask):
        calls.append(1)
        return (mine if len(calls) < 3 else without_scale)(query, key, value, mask)

    found = swap_attention(minilm(), late, TOKENS, MASK)
    assert found.parted.startswith("weights of blocks.2.attention")
    assert found.differences["blocks.1.attention"][1] < 1e-5


def test_nan_is_a_difference():
    def nan(query, key, value, mask):
        output, weights = mine(query, key, value, mask)
        return output * torch.nan, weights

    found = swap_attention(minilm(), nan, TOKENS, MASK)
    assert found.parted == "output of blocks.0.attention: apart by nan"


def test_a_function_that_fails_leaves_the_model_as_it_was():
    model = minilm()
    reference = model(TOKENS, MASK)
    with pytest.raises(ValueError, match="attend: the result must be a pair"):
        swap_attention(model, lambda query, key, value, mask: query, TOKENS, MASK)
    with pytest.raises(ZeroDivisionError):
        swap_attention(model, lambda query, key, value, mask: 1 / 0, TOKENS, MASK)
    assert torch.equal(model(TOKENS, MASK), reference)
    with pytest.raises(ValueError, match="attend must be a function or a module, got str 'mine'"):
        swap_attention(model, "mine", TOKENS, MASK)


def test_a_second_try_that_fails_leaves_the_model_its_own_attention():
    model = minilm()
    reference = model(TOKENS, MASK)
    swap_attention(model, without_scale, TOKENS, MASK)
    with pytest.raises(ZeroDivisionError):
        swap_attention(model, lambda query, key, value, mask: 1 / 0, TOKENS, MASK)
    assert torch.equal(model(TOKENS, MASK), reference)


def test_models_it_cannot_swap():
    with pytest.raises(ValueError, match="model must be one with MultiHeadAttention layers, got Linear"):
        swap_attention(nn.Linear(2, 3).eval(), mine, torch.ones(5, 2))
    with pytest.raises(
        ValueError, match=re.escape("model must be in eval mode, got training mode (call model.eval())")
    ):
        swap_attention(minilm().train(), mine, TOKENS)

    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = minilm()

        def forward(self, tokens):
            return self.inner(tokens), 1

    with pytest.raises(ValueError, match="the model's result must be a tensor"):
        swap_attention(Pair().eval(), mine, TOKENS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "load", "layers"),
    [
        ("minilm", load_minilm, 6),
        ("dinov2", load_dinov2, 12),
        ("smollm2", load_smollm2, 30),
        ("whisper", load_whisper, 4 + 2 * 4),  # the decoder's blocks have two
    ],
)
def test_the_real_ones(real_weights, name, load, layers):
    real_weights(name)
    model = load()
    images = torch.rand(1, 3, 98, 56, generator=torch.Generator().manual_seed(0))
    mel = torch.rand(1, 200, 80, generator=torch.Generator().manual_seed(0))
    tokens = (TOKENS + 2000,)
    inputs = {"minilm": tokens, "dinov2": (images,), "smollm2": tokens, "whisper": (mel, tokens[0][:1])}[name]
    found = swap_attention(model, mine, *inputs)
    assert found.same, str(found)
    assert len(found.differences) == layers
    found.undo()
    assert not swap_attention(model, without_scale, *inputs).same
