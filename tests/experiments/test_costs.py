"""What the clocks of chapter 3 are compared with: multiply-adds, counted again in another way."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from experiments import cache_cost, heads_cost


@pytest.mark.parametrize("heads", [1, 8, 64])
def test_the_multiply_adds_of_a_layer_do_not_depend_on_the_heads(heads):
    n, d = heads_cost.LENGTH, heads_cost.D_MODEL
    projections = sum(n * d * d for _ in ("queries", "keys", "values", "output"))
    looking = sum(n * n * (d // heads) * 2 for _ in range(heads))
    assert heads_cost.multiply_adds(heads) == projections + looking


def test_the_multiply_adds_of_one_more_token():
    layer = nn.Module()
    layer.num_heads, layer.d_head = 2, 3
    block = nn.Module()
    block.attention, block.feed_forward = layer, nn.Linear(6, 5, bias=False)
    blocks = nn.ModuleList([block])
    model = SimpleNamespace(
        decoder=SimpleNamespace(blocks=blocks),
        parameters=lambda: [torch.zeros(7, 6), torch.zeros(6), *block.parameters()],
    )
    assert [weight.numel() for weight in cache_cost.matrices(model)] == [42, 30]
    # One token meets 72 numbers of matrices, and 10 keys and 10 values of width 6.
    assert cache_cost.multiply_adds(model, 1, 10) == 72 + 2 * 10 * 6
    assert cache_cost.multiply_adds(model, 4, 10) == 4 * (72 + 120)


def test_a_call_that_takes_fresh_memory_brings_pages():
    size = 64 * 2**20  # bytes, more than the allocator keeps
    assert heads_cost.pages_brought(lambda: torch.ones(size // 4)) >= size / 4096 / 2
    held = torch.ones(1000)
    assert heads_cost.pages_brought(lambda: held.add_(1)) < 100
