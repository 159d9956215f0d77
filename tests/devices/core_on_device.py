"""What must hold on any accelerator, in float32 and bfloat16: each test takes the device.

A real one runs them in `test_gpu.py`, the pretended one in `run_rows.py`.
"""

from __future__ import annotations

import torch
from specification import B, N, d, d_v, h
from torch.testing import assert_close

import course_attn as ca
from course_attn.data.synthetic import odd_one_batch
from course_attn.heads import TaggingHead
from course_attn.positional import LearnedPositions, Rotary
from course_attn.steps import PromptSteps
from course_attn.train import Trainer, smoothed_cross_entropy

# Of the rounding of a weight, of which a row has N; a kernel may round it once more.
CLOSE = {torch.float32: {"rtol": 1e-4, "atol": 1e-4}, torch.bfloat16: {"rtol": 0.03, "atol": 0.03}}
MASKS = {
    "none": None,
    "causal": ca.causal_mask(N),
    "dead rows": torch.rand(B, 1, N, N, generator=torch.Generator().manual_seed(1)) * torch.arange(N)[:, None] > 0.4,
    "nobody may attend": torch.zeros(N, N, dtype=torch.bool),
}


def drawn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def readable_equals_fused(device, dtype):
    """Value and gradient, beside the readable path in float64 on the CPU; dead rows are 0, and so is their gradient."""
    for widths in ((d, d, d_v), (16, 16, 16)):  # a GPU's fused kernels want one width, a multiple of 8
        _readable_equals_fused(device, dtype, widths)


def _readable_equals_fused(device, dtype, widths):
    exact = [drawn(B, h, N, width, seed=i).to(dtype).double().requires_grad_() for i, width in enumerate(widths)]
    weight = drawn(B, h, N, widths[-1], seed=5)
    for name, mask in MASKS.items():
        wanted = ca.attention(*exact, mask)[0]
        wanted_gradients = torch.autograd.grad((wanted * weight.double()).sum(), exact)
        dead = torch.zeros(B, h, N, dtype=torch.bool) if mask is None else ~mask.any(-1).expand(B, h, N)
        there = None if mask is None else mask.to(device)
        for path in (lambda *x: ca.attention(*x)[0], ca.fused_attention):
            mine = [x.detach().to(dtype).to(device).requires_grad_() for x in exact]
            output = path(*mine, there)
            gradients = torch.autograd.grad((output.float() * weight.to(device)).sum(), mine)
            assert_close(output.cpu().double(), wanted, **CLOSE[dtype], msg=lambda text, name=name: f"{name}: {text}")
            for one, other in zip(gradients, wanted_gradients, strict=True):
                assert_close(one.cpu().double(), other, **CLOSE[dtype])
            assert (output.cpu()[dead] == 0).all()
            assert (gradients[0].cpu()[dead] == 0).all()


def causal_beside_a_mask(device, dtype):
    """`is_causal` aligns the last query with the last key, and may be joined with a mask."""
    query, key, value = (drawn(B, h, places, d, seed=places).to(dtype).to(device) for places in (N, N + 2, N + 2))
    mask = (torch.rand(B, 1, N, N + 2, generator=torch.Generator().manual_seed(2)) > 0.4).to(device)
    for extra in (None, mask):
        both = ca.combine_masks(extra, ca.causal_mask(N, N + 2, device=device))
        assert_close(
            ca.fused_attention(query, key, value, extra, is_causal=True),
            ca.attention(query, key, value, both)[0],
            **CLOSE[dtype],
        )


def layer_with_and_without_weights(device, dtype):
    """Asked for its weights, a layer takes the readable path; heads that share keys are repeated for it."""
    for options in ({}, {"num_kv_heads": 1}, {"rotate": Rotary(8)}):
        torch.manual_seed(0)
        layer = ca.MultiHeadAttention(24, 3, **options).to(device, dtype)
        x = drawn(B, N, 24).to(dtype).to(device)
        for mask in (None, MASKS["dead rows"].to(device)):
            output, weights = layer(x, mask=mask, is_causal=True, return_weights=True)
            assert_close(layer(x, mask=mask, is_causal=True), output, **CLOSE[dtype])
            if mask is not None:
                assert (weights.cpu()[~MASKS["dead rows"].expand(B, 3, N, N)] == 0).all()


def cached_equals_whole(device, dtype):
    """One place after the other, with a cache, gives the rows that all places at once give."""
    torch.manual_seed(0)
    layer = ca.MultiHeadAttention(24, 3, num_kv_heads=1, rotate=Rotary(8)).to(device, dtype)
    x = drawn(B, N, 24).to(dtype).to(device)
    cache = ca.KeyValueCache(B, N, 1, 8, dtype=dtype, device=device)
    with torch.no_grad():
        rows = [layer(x[:, i : i + 1], is_causal=True, cache=cache) for i in range(N)]
        assert_close(torch.cat(rows, dim=1), layer(x, is_causal=True), **CLOSE[dtype])


def decoding_with_and_without_a_cache(device, dtype):
    """The same tokens, greedily and by beam search. In float32 only: rounding may turn a tie."""
    torch.manual_seed(0)
    model = ca.CausalLanguageModel(11, 24, 3, 24, 2, positions=LearnedPositions(12, 24)).to(device).eval()
    prompt = torch.tensor([[1, 2], [3, 4]], device=device)
    found = []
    for cached in (True, False):
        greedy = ca.greedy_decode(PromptSteps(model, 2, 12, cached=cached), prompt, 8)
        beam, _ = ca.beam_search(PromptSteps(model, 2, 12, cached=cached), prompt, 8, 3)
        found.append((greedy.cpu(), beam.cpu()))
    assert torch.equal(found[0][0], found[1][0])
    assert torch.equal(found[0][1], found[1][1])


def training(device, dtype):
    """The course's own loop: the first step is the CPU's; after thirty, the loss has fallen."""

    def loss(model, batch):
        apart = (batch.vectors - batch.vectors.mean(1, keepdim=True)).abs()  # (B, N, width)
        return smoothed_cross_entropy(model(apart)[..., 0], batch.odd)

    losses = {}
    for where in (device, "cpu"):
        torch.manual_seed(0)
        model = TaggingHead(7, 1).to(where)
        trainer = Trainer(
            model,
            loss,
            lambda generator: odd_one_batch(generator, 16, 5, 7),
            torch.optim.AdamW(model.parameters(), lr=0.1),
            bf16=dtype == torch.bfloat16,
        )
        losses[where] = trainer.run(30, progress=False)
        assert next(model.parameters()).device.type == torch.device(where).type
    first, rest = losses[device][0], losses[device][1:]
    assert abs(first - losses["cpu"][0]) < 0.02 * first
    assert sum(rest[-5:]) / 5 < first


CORE = (
    readable_equals_fused,
    causal_beside_a_mask,
    layer_with_and_without_weights,
    cached_equals_whole,
    decoding_with_and_without_a_cache,
    training,
)
DTYPES = (torch.float32, torch.bfloat16)
