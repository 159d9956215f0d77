"""Linear attention and the window where numbers may not be looked at: extreme ones, and graphs for any length."""

from functools import partial

import pytest
import torch
from specification import normal
from torch import nn
from torch.func import vmap
from torch.testing import assert_close

from course_attn.efficient import Performer, kernel_weights, linear_attention, sliding_window_attention

B, N, WIDTH = 2, 5, 3
MASK = torch.tensor([[True, True, False, True, True]])
PERFORMER = Performer(WIDTH, 11)
CALLS = {
    "linear": lambda q, k, v: linear_attention(q, k, v, MASK),
    "linear, causal": lambda q, k, v: linear_attention(q, k, v, MASK, is_causal=True),
    "kernel weights": lambda q, k, v: kernel_weights(q, k, MASK) @ v,
    "Performer": PERFORMER,
    "Performer, causal": partial(PERFORMER, is_causal=True),
}


class Call(nn.Module):
    def __init__(self, call):
        super().__init__()
        self.call = call

    def forward(self, query, key, value):
        return self.call(query, key, value)


def exported(call, three):
    return torch.export.export(Call(call), three, dynamic_shapes=({1: torch.export.Dim("length")},) * 3).module()


WAYS = {
    "vmap": lambda call, three: vmap(call),
    "compile": lambda call, three: torch.compile(call, fullgraph=True, backend="eager", dynamic=False),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CALLS)
def test_powers_that_become_0_are_no_mask(name, way):
    """All features of keys are near e^-60, or those of the future are e^50 times those of the past."""
    call, value = CALLS[name], normal(B, N, WIDTH, dtype=torch.float32)
    grown = 12.0 * normal(B, N, WIDTH, seed=1, dtype=torch.float32) * torch.arange(1, N + 1)[:, None] / N
    for x in (torch.full((B, N, WIDTH), -60.0), grown):
        three = x, x, value
        wanted = call(*three)
        assert wanted.any(-1).all()
        assert_close(WAYS[way](call, three)(*three), wanted, atol=1e-4, rtol=1e-3)


def test_a_key_of_nan_that_some_may_ask_cannot_matter_to_others_when_mapped():
    query, key = normal(B, N, WIDTH), normal(B, N, WIDTH, seed=1)
    key[:, 1] = torch.nan
    mask = torch.ones(N, N, dtype=torch.bool)
    mask[1:, 1] = False
    got = vmap(partial(kernel_weights, mask=mask))(query, key)[:, 1:]
    assert_close(got, kernel_weights(query, key, mask)[:, 1:])


EXPORTED = {
    "linear, causal": partial(linear_attention, is_causal=True),
    "Performer, causal": partial(PERFORMER, is_causal=True),
    "window": partial(sliding_window_attention, window=2),
    "window, causal": partial(sliding_window_attention, window=9, is_causal=True),
}


@pytest.mark.parametrize("name", EXPORTED)
def test_a_graph_takes_more_than_one_chunk_though_it_was_recorded_with_one(name):
    """64 places are a chunk of linear attention; the window's blocks are as long as it reaches."""
    call = EXPORTED[name]
    graph = exported(call, tuple(normal(B, N, WIDTH, seed=i, dtype=torch.float32) for i in range(3)))
    for size in (2, 9, 64, 130):
        three = [normal(B, size, WIDTH, seed=i, dtype=torch.float32) for i in range(3)]
        assert_close(graph(*three), call(*three), atol=1e-4, rtol=1e-4)
