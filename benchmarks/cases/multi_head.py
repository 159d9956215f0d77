"""The multi-head layer beside those of torch, timm and x-transformers, and a bare one written here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.harness import OURS, Call, Case, Target
from benchmarks.peers import use_peers
from course_attn import causal_mask, padding_mask
from course_attn.multi_head import MultiHeadAttention

SIZES = {"tiny": (32, 50, 64, 4), "base": (8, 512, 512, 8), "long": (1, 2048, 512, 8), "xlong": (1, 8192, 256, 4)}
PEERS = ["torch", "timm", "x-transformers", "bare"]
STRETCH = {"base": 0.75, "long": 0.88}
Layers = dict[str, Callable[[Tensor], Any]]


class Bare(nn.Module):
    """Fused projections and torch's fused attention, nothing else: what a layer costs at least with torch's parts."""

    def __init__(self, d_model: int, num_heads: int, dropout: float = 0.0):
        super().__init__()
        self.num_heads, self.dropout = num_heads, dropout
        self.qkv, self.output = nn.Linear(d_model, 3 * d_model), nn.Linear(d_model, d_model)

    def forward(self, x: Tensor, mask: Tensor | None = None, is_causal: bool = False) -> Tensor:
        batch, length, width = x.shape
        qkv = self.qkv(x).view(batch, length, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
        dropout = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(*qkv.unbind(0), attn_mask=mask, is_causal=is_causal, dropout_p=dropout)
        return self.output(mixed.transpose(1, 2).reshape(batch, length, width))


def layers(d_model: int, num_heads: int, kind: str, length: int, padding: Tensor | None, dropout: float) -> Layers:
    """One function of ``x`` for each contender, all with the same weights."""
    use_peers()
    from timm.layers.attention import Attention as Timm
    from x_transformers.x_transformers import Attention as XTransformers

    torch.manual_seed(0)
    ours = MultiHeadAttention(d_model, num_heads, dropout=dropout)
    theirs = nn.MultiheadAttention(d_model, num_heads, dropout=dropout, batch_first=True)
    timm = Timm(d_model, num_heads, qkv_bias=True, attn_drop=dropout)
    flash = XTransformers(
        d_model, heads=num_heads, dim_head=d_model // num_heads, flash=True, causal=kind == "causal", dropout=dropout
    )
    bare = Bare(d_model, num_heads, dropout)
    with torch.no_grad():
        for bias in (ours.qkv.bias, ours.output.bias):
            bias.zero_()  # x-transformers has none
        for projection in (ours.qkv.weight, ours.output.weight):
            nn.init.xavier_uniform_(projection)
        theirs.in_proj_weight.copy_(ours.qkv.weight)
        theirs.out_proj.load_state_dict(ours.output.state_dict())
        for qkv, output in ((timm.qkv, timm.proj), (bare.qkv, bare.output)):
            qkv.load_state_dict(ours.qkv.state_dict())
            output.load_state_dict(ours.output.state_dict())
        for linear, weight in zip((flash.to_q, flash.to_k, flash.to_v), ours.qkv.weight.chunk(3), strict=True):
            linear.weight.copy_(weight)
        flash.to_out.weight.copy_(ours.output.weight)
    mask = None if padding is None else padding[:, None]  # (B, 1, 1, N)
    causal = kind == "causal"
    hidden = ~causal_mask(length) if causal else None  # torch wants a mask even when it is told is_causal
    torch_named = {
        "need_weights": False,
        "attn_mask": hidden,
        "is_causal": causal,
        "key_padding_mask": None if padding is None else ~padding[:, 0],
    }
    return {
        OURS: _keep(ours, lambda x: ours(x, mask=mask, is_causal=causal)),
        "torch": _keep(theirs, lambda x: theirs(x, x, x, **torch_named)[0]),
        "timm": _keep(timm, lambda x: timm(x, attn_mask=mask, is_causal=causal)),
        "x-transformers": _keep(flash, lambda x: flash(x, mask=None if padding is None else padding[:, 0])),
        "bare": _keep(bare, lambda x: bare(x, mask, causal)),
    }


def _keep(module: nn.Module, function: Callable[[Tensor], Any]) -> Callable[[Tensor], Any]:
    function.module = module  # type: ignore[attr-defined]
    return function


def real_places(size: str) -> Tensor:
    """A padding mask ``(B, 1, N)``: sequences of half to full length."""
    batch, length, _, _ = SIZES[size]
    generator = torch.Generator().manual_seed(2)
    return padding_mask(torch.randint(length // 2, length + 1, (batch,), generator=generator), length)


def at_real_places(size: str, result: Any) -> Any:
    """Leave out the output of queries that are padding, which x-transformers sets to 0."""
    real = real_places(size).transpose(1, 2)  # (B, N, 1)
    return result * real if isinstance(result, Tensor) else (result[0] * real, result[1])


def contenders(
    size: str, kind: str, backward: bool, dropout: float = 0.0, dtype: torch.dtype | None = None
) -> dict[str, Call]:
    """Forward in inference mode and eval, or forward and backward in training."""
    batch, length, d_model, num_heads = SIZES[size]
    generator = torch.Generator().manual_seed(1)
    padding = real_places(size) if kind == "padding" else None
    functions = layers(d_model, num_heads, kind, length, padding, dropout)
    x = torch.randn(batch, length, d_model, generator=generator)
    cotangent = torch.randn(batch, length, d_model, generator=generator)
    if padding is not None:
        cotangent = cotangent * padding.transpose(1, 2)

    def forward(function: Callable[[Tensor], Tensor]) -> Tensor:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=dtype is not None):
            return function(x)

    def both(function: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        function.module.zero_grad(set_to_none=True)  # type: ignore[attr-defined]
        leaf = x.detach().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype is not None):
            output = function(leaf)
        output.backward(cotangent.to(output.dtype))
        return output.detach(), leaf.grad

    for function in functions.values():
        function.module.train(backward)  # type: ignore[attr-defined]
    return {name: partial(both if backward else forward, function) for name, function in functions.items()}


def with_weights(size: str, kind: str, backward: bool) -> dict[str, Call]:
    """The layers that can return the weights of each head: ours and torch's."""
    batch, length, d_model, num_heads = SIZES[size]
    functions = layers(d_model, num_heads, kind, length, None, 0.0)
    ours, theirs = functions[OURS].module, functions["torch"].module  # type: ignore[attr-defined]
    hidden = ~causal_mask(length) if kind == "causal" else None
    x = torch.randn(batch, length, d_model, generator=torch.Generator().manual_seed(1))
    pairs = {
        OURS: lambda x: ours(x, is_causal=kind == "causal", return_weights=True),
        "torch": lambda x: theirs(x, x, x, attn_mask=hidden, need_weights=True, average_attn_weights=False),
    }

    def forward(function: Callable[[Tensor], tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        with torch.inference_mode():
            return function(x)

    def both(function: Callable[[Tensor], tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        leaf = x.detach().requires_grad_()
        output, _ = function(leaf)
        output.sum().backward()
        return output.detach(), leaf.grad

    for module in (ours, theirs):
        module.train(backward)
    return {name: partial(both if backward else forward, function) for name, function in pairs.items()}


def cases() -> list[Case]:
    """Every size, mask and direction; then weights, dropout and bfloat16."""
    found = []
    for size in SIZES:
        for kind in ("plain", "causal", "padding"):
            for backward in (False, True):
                targets = [Target(PEERS, 1.02, STRETCH.get(size))]
                memory = kind == "plain" and size in ("base", "long")
                if memory:
                    targets.append(Target(["timm"], 1.05, of="memory"))
                name = f"layer {size} {kind} {'fwd+bwd' if backward else 'fwd'}"
                build = partial(contenders, size, kind, backward)
                rounds = 5 if size == "xlong" else 9
                case = Case(name, build, targets, tolerance=2e-4, rounds=rounds, memory=memory)
                if kind == "padding":
                    case.seen = partial(at_real_places, size)
                found.append(case)
    for size in ("tiny", "base", "long"):
        for kind, backward, limit, aim in (
            ("plain", False, 1.1, 1.0),
            ("plain", True, 1.0, 0.95),
            ("causal", False, 0.85, 0.75),
        ):
            name = f"weights {size} {kind} {'fwd+bwd' if backward else 'fwd'}"
            found.append(Case(name, partial(with_weights, size, kind, backward), [Target(["torch"], limit, aim)], 2e-4))
    for size in ("tiny", "base"):
        build = partial(contenders, size, "plain", True, dropout=0.1)
        found.append(Case(f"dropout {size} fwd+bwd", build, [Target(["timm"], 0.95, 0.85)], tolerance=None))
    for size, limit in (("tiny", 0.2), ("base", 0.78)):
        build = partial(contenders, size, "plain", True, dtype=torch.bfloat16)
        found.append(Case(f"bf16 {size} fwd+bwd", build, [Target(["timm"], limit)], tolerance=0.05))
    return found
