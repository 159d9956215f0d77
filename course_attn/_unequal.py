r"""Fused attention whose values are wider or narrower than its keys: :mod:`course_attn._paths` decides when.

torch has no fused kernel for this. Zeros fill up the narrower side, which changes no result but makes more work. In
the derivative, the greater part, that is saved. With the weights :math:`A` of a block of queries computed again, the
output's gradient :math:`G` at its rows and the scale :math:`c`,

.. math:: \partial V \mathrel{+}= A^\top G, \qquad
    S = c\, A \odot \bigl(G V^\top - \mathrm{rowsum}(G \odot Y)\bigr), \qquad
    \partial Q = S K, \qquad \partial K \mathrel{+}= S^\top Q .

Source: Dao et al., 2022, algorithm 4, arXiv 2205.14135.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_attn._twice import derivable

# Queries in a block of the derivative: its scores, 128 by as many keys as there are, stay in the processor's cache. Of
# 32, 64, 128 and 256, none is slower than another by more than the runs differ.
BLOCK = 128


def padded(query: Tensor, key: Tensor, value: Tensor, **options: Any) -> Tensor:
    """``F.scaled_dot_product_attention`` with one width for all three; ``options`` are its own, as ``scale``."""
    return F.scaled_dot_product_attention(*one_width(query, key, value), **options)[..., : value.shape[-1]]


def one_width(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Zeros fill up the narrower; they add nothing to a dot product, and the output's last columns are 0."""
    more = value.shape[-1] - query.shape[-1]
    if more > 0:
        return F.pad(query, (0, more)), F.pad(key, (0, more)), value
    return query, key, F.pad(value, (0, -more)) if more else value


class UnequalWidths(torch.autograd.Function):
    """Every query sees every key: ``(B, h, N, d)``, ``(B, h, M, d)`` and ``(B, h, M, d_v)`` to ``(B, h, N, d_v)``."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """Keeps the inputs and the output."""
        output = padded(query, key, value, scale=scale).contiguous()
        ctx.save_for_backward(query, key, value, output)
        ctx.scale = scale
        return output

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """The equations above, for one head and one block of queries after the other."""
        query, key, value, output = ctx.saved_tensors
        if torch.is_grad_enabled():  # a derivative of the derivative is asked for: that one is left to autograd
            formula = partial(_formula, scale=ctx.scale)
            return *derivable(formula, grad, query, key, value), None
        grads = query.new_zeros(query.shape), key.new_zeros(key.shape), value.new_zeros(value.shape)  # contiguous
        row_sums = torch.linalg.vecdot(grad, output)[..., None]  # (B, h, N, 1)
        heads = [x.flatten(0, 1) for x in (query, key, value, grad, row_sums, *grads)]
        for q, k, v, g, r, grad_q, grad_k, grad_v in zip(*heads, strict=True):
            for rows in (slice(start, start + BLOCK) for start in range(0, len(q), BLOCK)):
                scores = torch.addmm(q.new_empty(1), q[rows], k.mT, beta=0, alpha=ctx.scale)  # (block, M)
                weights = torch.softmax(scores, dim=-1, out=scores)
                grad_v.addmm_(weights.mT, g[rows])
                grad_scores = torch.addmm(r[rows], g[rows], v.mT, beta=-1).mul_(weights)
                torch.mm(grad_scores, k, out=grad_q[rows]).mul_(ctx.scale)
                grad_k.addmm_(grad_scores.mT, q[rows], alpha=ctx.scale)
        return *grads, None


def _formula(query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
    return torch.softmax(scale * query @ key.mT, dim=-1) @ value
