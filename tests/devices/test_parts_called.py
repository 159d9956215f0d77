"""Layers call their parts: what a hook, an adapter, pruning or quantisation does to one of them has its effect.

The rows are those of the devices: one call for each layer and function of the package.
"""

from __future__ import annotations

import warnings
from functools import cache

import pytest
import torch
from device_bench import Bench
from device_rows import ROWS
from torch import nn
from torch.nn.utils import prune

import course_attn as ca
from course_attn import lean
from course_attn.vision.patches import PatchEmbedding

PARTS = (nn.Linear, nn.Bilinear, nn.Conv1d, nn.Conv2d, nn.Embedding, nn.LayerNorm, nn.BatchNorm2d)


@cache
def parts_of(row):
    """The parts of a row's layers, by name, and the names of those that its call called."""
    bench = Bench()
    call, called = ROWS[row](bench), set()
    layers = [owner for owner in bench.holders if isinstance(owner, nn.Module)]
    parts = {f"{i}.{name}": part for i, of in enumerate(layers) for name, part in of.named_modules()}
    parts = {name: part for name, part in parts.items() if isinstance(part, PARTS)}
    for name, part in parts.items():
        part.register_forward_hook(lambda *_, name=name: called.add(name))
    call()
    return parts, called


NOT_CALLED = {
    "head_by_head.MultiHeadByHeads, from one layer": "copies a layer's weights",
    "vision.conv_attention.conv_as_attention": "copies a convolution's weights",
    "vision.vit.ViT, resized": "copies a model",
    "transformer.Transformer, decode": "is the decoder alone",
}
WITH_PARTS = [row for row in ROWS if parts_of(row)[0] and row not in NOT_CALLED]


@pytest.mark.parametrize("row", WITH_PARTS)
def test_every_part_is_called(row):
    parts, called = parts_of(row)
    assert called == set(parts)


def test_the_rows_hold_as_many_parts_as_a_course():
    assert sum(len(parts_of(row)[0]) for row in WITH_PARTS) > 100


class Adapter(nn.Module):
    """Beside a linear map a low-rank one (Hu et al., 2021): no weight of its own that a layer could read."""

    def __init__(self, base):
        super().__init__()
        self.base = base
        self.down, self.up = nn.Linear(base.in_features, 2), nn.Linear(2, base.out_features)

    def forward(self, x):
        return self.base(x) + self.up(self.down(x))


class AdaptedLinear(nn.Linear):
    """The same as a linear map of another kind, as loralib has it."""

    def __init__(self, base):
        super().__init__(base.in_features, base.out_features, bias=base.bias is not None)
        self.load_state_dict(base.state_dict())
        self.down, self.up = nn.Linear(base.in_features, 2), nn.Linear(2, base.out_features)

    def forward(self, x):
        return super().forward(x) + self.up(self.down(x))


x, context, images = torch.randn(2, 5, 16), torch.randn(2, 3, 16), torch.randn(2, 3, 8, 8)
LAYERS = {
    "MultiHeadAttention": (lambda: ca.MultiHeadAttention(16, 4), (x,)),
    "MultiHeadAttention, a context": (lambda: ca.MultiHeadAttention(16, 4), (x, context)),
    "MultiHeadAttention, d_context": (lambda: ca.MultiHeadAttention(16, 4, d_context=16), (x, context)),
    "MultiHeadAttention, shared": (lambda: ca.MultiHeadAttention(16, 4, num_kv_heads=1), (x,)),
    "MultiHeadByHeads": (lambda: ca.MultiHeadByHeads(16, 2), (x,)),
    "SelfAttention": (lambda: ca.SelfAttention(16, 8), (x,)),
    "FeedForward": (lambda: ca.FeedForward(16, 32), (x,)),
    "GatedFeedForward": (lambda: ca.GatedFeedForward(16, 32), (x,)),
    "TaggingHead": (lambda: ca.TaggingHead(16, 5), (x,)),
    "PoolingHead": (lambda: ca.PoolingHead(16, 5), (x,)),
    "WindowBaseline": (lambda: ca.WindowBaseline(16, 3, 8, 5), (x,)),
    "PatchEmbedding": (lambda: PatchEmbedding(4, 3, 16), (images,)),
}
LINEARS = [
    (layer, name)
    for layer, (make, _) in LAYERS.items()
    for name, part in make().named_modules()
    if isinstance(part, nn.Linear)
]


def made(layer):
    torch.manual_seed(0)
    make, inputs = LAYERS[layer]
    return make(), inputs


@pytest.mark.parametrize(("layer", "name"), LINEARS)
@pytest.mark.parametrize("make", [Adapter, AdaptedLinear])
def test_an_adapter_in_place_of_a_part_is_used_and_trained(layer, name, make):
    model, inputs = made(layer)
    before = model(*inputs)
    adapter = make(model.get_submodule(name))
    model.set_submodule(name, adapter)
    after = model(*inputs)
    assert not torch.allclose(before, after)
    after.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in adapter.parameters())
    with torch.no_grad():
        for p in adapter.up.parameters():
            p.zero_()
    torch.testing.assert_close(model(*inputs), before)  # rows of a projection are cut at the same places


@pytest.mark.parametrize(("layer", "name"), LINEARS)
@pytest.mark.parametrize("change", ["pruned", "weight_norm", "parametrized"])
def test_a_changed_weight_lasts_two_steps_of_training(layer, name, change):
    model, inputs = made(layer)
    part = model.get_submodule(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        if change == "pruned":
            prune.l1_unstructured(part, "weight", 0.5)
        elif change == "weight_norm":
            nn.utils.weight_norm(part)
        else:
            nn.utils.parametrizations.weight_norm(part)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    outputs = []
    for _ in range(2):
        optimizer.zero_grad()
        outputs.append(model(*inputs))
        outputs[-1].square().sum().backward()
        optimizer.step()
    model.eval()
    assert not torch.allclose(model(*inputs), outputs[-1])  # not the weight of the step before
    if change == "pruned":
        assert (part(torch.eye(part.in_features)) == (0 if part.bias is None else part.bias)).float().mean() > 0.3


@pytest.mark.parametrize("layer", LAYERS)
def test_dynamic_quantisation_reaches_every_part(layer):
    model, inputs = made(layer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        small = torch.ao.quantization.quantize_dynamic(model.eval(), {nn.Linear})
        output = small(*inputs)
    assert not any(type(part) is nn.Linear for part in small.modules())
    assert not torch.equal(output, model(*inputs))
    torch.testing.assert_close(output, model(*inputs), rtol=0.1, atol=0.1)


@pytest.mark.parametrize("name", ["attention.qkv", "attention.output", "feed_forward.inner", "feed_forward.outer"])
def test_decoding_step_by_step_calls_what_stands_in_place_of_a_part(name):
    torch.manual_seed(0)
    model = ca.CausalLanguageModel(11, 16, 2, 32, 2, positions=None).eval()
    tokens = torch.randint(11, (2, 4))
    block = model.decoder.blocks[1]
    block.set_submodule(name, Adapter(block.get_submodule(name)))
    found = [ca.greedy_decode(ca.PromptSteps(model, 2, 12, cached=cached), tokens, 6) for cached in (True, False)]
    assert torch.equal(*found)
    caches = [ca.KeyValueCache(2, 12, 2, 8) for _ in range(2)]
    with torch.no_grad():
        for i in range(4):
            step = lean.lean_language_model(model, caches)(tokens[:, i : i + 1])
        torch.testing.assert_close(step, model(tokens)[:, -1])


def test_a_hook_for_all_modules_is_called():
    seen = []
    handle = nn.modules.module.register_module_forward_hook(lambda part, *_: seen.append(type(part)))
    try:
        ca.FeedForward(16, 32)(x)
    finally:
        handle.remove()
    assert seen.count(nn.Linear) == 2
