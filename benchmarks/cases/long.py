"""Long sequences and images: sliding window, linear attention, the core of SAGAN's block."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from benchmarks.harness import OURS, Call, Case, Target
from benchmarks.peers import use_peers
from course_attn.attention import fused_attention
from course_attn.efficient import linear_attention, sliding_window_attention

WINDOW, LENGTHS = 256, (1024, 4096, 16384)
# Sixteen times the length, an exponent of 1.05.
SIXTEENFOLD = 16**1.05
Core = Callable[[Tensor, Tensor, Tensor], Tensor]


def calls(functions: dict[str, Core], tensors: list[Tensor], backward: bool) -> dict[str, Call]:
    """Forward in inference mode, or forward and backward, of functions of query, key and value."""

    def forward(function: Core) -> Any:
        with torch.inference_mode():
            return function(*tensors)

    def both(function: Core) -> Any:
        leaves = [x.detach().requires_grad_() for x in tensors]
        output = function(*leaves)
        output.backward(torch.ones_like(output))
        return output.detach(), *(leaf.grad for leaf in leaves)

    return {name: partial(both if backward else forward, function) for name, function in functions.items()}


def random(*shapes: tuple[int, ...]) -> list[Tensor]:
    """Tensors of these shapes, always the same."""
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(*shape, generator=generator) for shape in shapes]


def window(length: int, is_causal: bool, backward: bool) -> dict[str, Call]:
    """Four heads of width 64; local-attention as it comes (it sees more at one side) and with our exact window."""
    use_peers()
    from local_attention import LocalAttention

    options = {"window_size": WINDOW, "causal": is_causal, "use_rotary_pos_emb": False, "autopad": True}
    functions = {
        OURS: lambda q, k, v: sliding_window_attention(q, k, v, WINDOW, is_causal=is_causal),
        "local-attention": LocalAttention(**options),
        "local-attention, exact": LocalAttention(**options, exact_windowsize=True),
    }
    return calls(functions, random(*[(1, 4, length, 64)] * 3), backward)


def linear(length: int, is_causal: bool, backward: bool) -> dict[str, Call]:
    """Two kernels, so nothing to compare: ours is elu + 1, theirs two softmaxes (or exponentials)."""
    use_peers()
    from linear_attention_transformer.linear_attention_transformer import causal_linear_attn, linear_attn

    functions = {
        OURS: lambda q, k, v: linear_attention(q, k, v, is_causal=is_causal),
        "linear-attention-transformer": causal_linear_attn if is_causal else linear_attn,
    }
    return calls(functions, random(*[(1, 4, length, 64)] * 3), backward)


def growth(function: Core, backward: bool) -> dict[str, Call]:
    """One function at each length."""
    found = {}
    for length in LENGTHS:
        tensors = random(*[(1, 4, length, 64)] * 3)
        found[str(length)] = calls({"": function}, tensors, backward)[""]
    return found


def sagan_core(length: int, pooled: bool, backward: bool) -> dict[str, Call]:
    """The published form writes the map of all pixel pairs; C = 128, so keys are 16 wide and values 64."""

    def bmm(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return torch.bmm(torch.softmax(torch.bmm(query, key.transpose(1, 2)), dim=-1), value)

    batch, keys = 16384 // length, length // 4 if pooled else length
    tensors = random((batch, length, 16), (batch, keys, 16), (batch, keys, 64))
    return calls({OURS: partial(fused_attention, scale=1.0), "bmm": bmm}, tensors, backward)


def cases() -> list[Case]:
    """By method, length and direction, then how time and memory grow."""
    found = []
    for is_causal in (False, True):
        kind = "causal" if is_causal else "both sides"
        for length in LENGTHS:
            for backward in (False, True):
                way = "fwd+bwd" if backward else "fwd"
                over = ["local-attention", "local-attention, exact"]
                targets = [Target(over, 0.7 if backward else 0.5)]
                if length >= 4096:
                    targets.append(Target(over, 0.3, of="memory"))
                build = partial(window, length, is_causal, backward)
                same = ["local-attention, exact"]
                name = f"window {kind} {length} {way}"
                found.append(Case(name, build, targets, 1e-4, memory=length >= 4096, same=same))
        for length in LENGTHS:
            for backward in (False, True):
                way = "fwd+bwd" if backward else "fwd"
                targets = [Target(["linear-attention-transformer"], 1.25, 1.0)]
                build = partial(linear, length, is_causal, backward)
                found.append(Case(f"linear {kind} {length} {way}", build, targets, None))
    for name, function in (
        ("window", partial(sliding_window_attention, window=WINDOW)),
        ("window causal", partial(sliding_window_attention, window=WINDOW, is_causal=True)),
        ("linear", linear_attention),
        ("linear causal", partial(linear_attention, is_causal=True)),
    ):
        targets = [Target([str(LENGTHS[0])], SIXTEENFOLD, of=of, ours=str(LENGTHS[-1])) for of in ("time", "memory")]
        found.append(Case(f"growth {name} fwd+bwd", partial(growth, function, True), targets, None, memory=True))
    for length in (1024, 4096):
        for pooled in (False, True):
            for backward in (False, True):
                limit, aim = (1.02, None) if pooled else (0.7, None)  # pooled: level, as the layers
                name = f"sagan {length} {'pooled' if pooled else 'unpooled'} {'fwd+bwd' if backward else 'fwd'}"
                build = partial(sagan_core, length, pooled, backward)
                targets = [Target(["bmm"], limit, aim)]
                found.append(Case(name, build, targets, 1e-4, memory=not pooled))
    return found
