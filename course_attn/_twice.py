"""Derivatives of derivatives, for what has only the first: torch's fused kernel, and loops derived by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Grads = tuple["Tensor | None", ...]


def derivable(compute: Callable[..., Tensor], grad: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
    """The gradients of ``compute(*inputs)`` by autograd, which can be derived again."""
    with torch.enable_grad():
        leaves = [x if x.requires_grad else x.detach().requires_grad_() for x in inputs]
        return torch.autograd.grad(compute(*leaves), leaves, grad, create_graph=True)


def derived_twice(output: Tensor) -> Tensor:
    """Let what the CPU's fused kernel returned be derived more than once.

    Its node in the graph is told to compute its gradients by the formula if they will be derived again
    (``create_graph=True``). Otherwise nothing changes, and nothing more is kept.
    """
    node = output.grad_fn
    if node is not None and node.name() == "ScaledDotProductFlashAttentionForCpuBackward0":
        node.register_hook(_by_formula)
    return output


def _by_formula(grads: Grads, upstream: Grads) -> Grads | None:
    if not torch.is_grad_enabled() or upstream[0] is None:
        return None
    node: Any = torch._C._current_autograd_node()
    try:
        three = node._saved_query, node._saved_key, node._saved_value
        mask, is_causal, scale = node._saved_attn_mask, node._saved_is_causal, node._saved_scale
    except RuntimeError:  # checkpointing hands out what it kept once: the second derivative is refused, by torch itself
        return None

    def formula(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        group = query.shape[1] // key.shape[1]
        key, value = key.repeat_interleave(group, dim=1), value.repeat_interleave(group, dim=1)
        scores = query * (1 / math.sqrt(query.shape[-1]) if scale is None else scale) @ key.mT  # (B, h, N, M)
        hidden = torch.zeros(scores.shape[-2:], dtype=torch.bool)
        if mask is not None:  # 0 or minus infinity
            hidden = hidden | (mask != 0)
        if is_causal:  # the first query stands at the first key
            hidden = hidden | ~torch.ones_like(hidden).tril()
        dead = hidden.all(-1, keepdim=True)
        weights = torch.softmax(scores.masked_fill(hidden, -math.inf).masked_fill(dead, 0.0), dim=-1)
        return weights.masked_fill(hidden, 0.0) @ value

    found = derivable(formula, upstream[0], *three)
    asked = [new if old is not None else None for new, old in zip(found, grads, strict=False)]
    return *asked, *grads[3:]
