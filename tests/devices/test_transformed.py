"""Traced, exported, compiled, mapped, derived: each row works, or says that it cannot. The table in the book is this.

Rows in export and compile take seconds each: all of them are slow, a few that had their own faults are not.
"""

from __future__ import annotations

from functools import partial

import pytest
import torch
from device_rows import ROWS
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from transformations import FAST, FIXED, NOTHING, REFUSES, SLOW, WAYS, WORKS, outcome
from transformed_calls import Call, attempt, growing

import course_attn as ca
from course_attn import graph
from course_attn.positional import Rotary, SinusoidalPositions
from tools import transformations as table

STORED = table.stored()
ANEW = "run `python -m tools.transformations`"
EXPORTED = (
    "attention.fused_attention, causal",
    "multi_head.MultiHeadAttention, weights",
    "multi_head.MultiHeadAttention, shared keys",
    "vision.vit.ViT, learned",
    "language_model.CausalLanguageModel",
    "graph.edge_index",
)
COMPILED = ("multi_head.MultiHeadAttention, weights", "graph.GraphAttention, along edges", "decoding.greedy_decode")


@pytest.mark.parametrize("way", FAST)
@pytest.mark.parametrize("row", ROWS)
def test_comes_out_as_the_table_says(row, way):
    assert outcome(FAST[way], ROWS[row]) == STORED[row][way], ANEW


@pytest.mark.parametrize(
    ("row", "way"),
    [*((row, "torch.export") for row in EXPORTED), *((row, "torch.compile") for row in COMPILED)],
)
def test_a_few_of_the_slow_ones_come_out_as_the_table_says(row, way):
    assert outcome(SLOW[way], ROWS[row]) == STORED[row][way], ANEW


@pytest.mark.slow
@pytest.mark.parametrize("way", SLOW)
@pytest.mark.parametrize("row", ROWS)
def test_all_of_the_slow_ones_come_out_as_the_table_says(row, way):
    assert outcome(SLOW[way], ROWS[row]) == STORED[row][way], ANEW


def test_the_table_holds_every_row_and_no_fault():
    assert list(STORED) == list(ROWS), ANEW
    for row, found in STORED.items():
        assert found.keys() == WAYS.keys(), ANEW
        assert set(found.values()) <= {WORKS, FIXED, REFUSES, NOTHING}, row


def test_the_page_is_the_table():
    assert table.PAGE.read_text(encoding="utf-8") == table.page(STORED), ANEW
    for file in ("_toc.yml", "api/index.md"):
        assert "transformed" in (table.ROOT / "book" / file).read_text(encoding="utf-8")


def test_few_refuse():
    """What reads numbers by its nature, keeps something, or derives or records by itself; and nothing else."""
    refuses = {row.partition(",")[0].rpartition(".")[2] for row, found in STORED.items() if REFUSES in found.values()}
    by_numbers = {"edge_index", "greedy_decode", "beam_search", "accuracy", "starts", "warp", "swap_attention"}
    by_length = {"resample", "look", "padding_mask"}
    keeping = {"KeyValueCache", "SourceSteps", "PromptSteps", "Sampled", "Trainer"}
    by_themselves = {"gradient_by_distance", "measured_field", "record_weights"}
    models = {"SmolLM2", "Whisper", "DINOv2"}  # where they write text or record maps; each has a row that works
    assert refuses <= by_numbers | by_length | keeping | by_themselves | models | {"MultiHeadAttention"}
    assert {row for row, found in STORED.items() if REFUSES in found.values() and "Attention" in row} == {
        "multi_head.MultiHeadAttention, cached",
        "multi_head.MultiHeadAttention, cached and rotary",
    }
    assert all(REFUSES not in STORED[f"pretrained.{name.lower()}.{name}"].values() for name in models)


# ---------------------------------------------------------------- the ways find faults


class Branches(nn.Module):
    """Looks whether anything is masked."""

    def forward(self, x, mask):
        return x if bool(mask.all()) else x.masked_fill(~mask, 0.0)


class KeepsLength(nn.Module):
    """Divides by a length that a graph takes for a number."""

    def forward(self, x, mask):
        return x.masked_fill(~mask, 0.0) / len(x)


class NoForward(torch.autograd.Function):
    """Has a derivative, and neither a forward one nor a mapped form."""

    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, grad):
        return 2 * grad


class WrongTwice(torch.autograd.Function):
    """The derivative is right, its own derivative is 0."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, grad):
        return grad * 2 * ctx.saved_tensors[0].detach()


def _masked(make):
    return lambda b: partial(b.layer(make), b.numbers(5, 7), b.mask(5, 7))


PLANTED = {
    "a branch on numbers": (_masked(Branches), set(WAYS) - {"torch.func.jvp", "second derivative"}),
    "a length as a number": (_masked(KeepsLength), {"torch.jit.trace", "torch.export"}),
    "no forward derivative": (
        lambda b: partial(NoForward.apply, b.numbers(5, 7)),
        {"torch.func.vmap", "torch.func.jvp"},
    ),
    "a wrong second derivative": (
        lambda b: partial(WrongTwice.apply, b.numbers(5, 7)),
        {"torch.func.vmap", "torch.func.jvp", "second derivative"},
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_faults_are_found(name):
    row, found = PLANTED[name]
    outcomes = {way: outcome(function, row) for way, function in WAYS.items()}
    assert {way for way, came in outcomes.items() if came not in (WORKS, REFUSES, NOTHING)} == found, outcomes


def test_a_wrong_mask_is_what_a_traced_branch_gives():
    assert "not close" in outcome(FAST["torch.jit.trace"], PLANTED["a branch on numbers"][0])


def test_an_axis_that_may_not_grow_is_left_alone():
    assert growing(ROWS["multi_head.MultiHeadAttention"]) == [[[0], [0]], [[1], [2, 3]]]
    assert len(Call(ROWS["masks.causal_mask"]).tensors) == 0


# ---------------------------------------------------------------- beside the rows


def test_layers_of_many_weights_are_mapped_together():
    """An ensemble: one call for several layers of one shape, as torch.func has it."""
    layers = [ca.MultiHeadAttention(12, 2).eval() for _ in range(3)]
    weights, buffers = torch.func.stack_module_state(layers)
    x, mask = torch.randn(2, 5, 12), torch.rand(5, 5) > 0.5

    def call(weights, buffers):
        return torch.func.functional_call(layers[0], (weights, buffers), (x,), {"mask": mask})

    results = torch.func.vmap(call)(weights, buffers)
    torch.testing.assert_close(results, torch.stack([layer(x, mask=mask) for layer in layers]))


def test_what_a_graph_computes_is_not_kept():
    """A table that grew in FakeTensorMode, or under vmap, would spoil the next plain call."""
    rotary, sines = Rotary(6), SinusoidalPositions(6)
    with FakeTensorMode(allow_non_fake_inputs=True):
        x = torch.randn(2, 5, 6)
        rotary.rotate(x)
        sines(x)
    attempt(lambda: torch.jit.trace(rotary.rotate, torch.randn(2, 5, 6), check_trace=False))
    x = torch.randn(2, 5, 6)
    torch.testing.assert_close(rotary.rotate(x), Rotary(6).rotate(x))
    torch.testing.assert_close(sines(x), SinusoidalPositions(6)(x))


def test_a_refusal_says_which_call_and_what_to_do():
    edges = torch.tensor([[0, 1]])
    with pytest.raises(ValueError, match=r"^edge_index: edges must be a tensor whose numbers can be read, got one .*"):
        torch.func.vmap(lambda edges: graph.edge_index(edges, 5))(edges[None])
    with pytest.raises(
        ValueError, match=r"^KeyValueCache.append: key must be .* \(call it outside of torch.export, .*"
    ):
        torch.func.vmap(ca.KeyValueCache(1, 3, 2, 5).append)(torch.ones(1, 1, 2, 3, 5), torch.ones(1, 1, 2, 3, 5))
    with pytest.raises(ValueError, match=r"^gradient_by_distance: x must be a tensor to derive by, got one .*"):
        torch.func.grad(lambda x: ca.gradient_by_distance(ca.RNN(3, 5), x).sum())(torch.ones(1, 4, 3))
