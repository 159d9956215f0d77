r"""The sliding window block by block: what a block needs is a slice of the sequence and stays in the processor's cache.

Nothing but the inputs and the output is kept for the derivative: it computes a block's weights :math:`A` again. With
the output's gradient :math:`G` at the block's rows, the keys :math:`K` and values :math:`V` they reach, and the scale
:math:`c`,

.. math:: \partial V \mathrel{+}= A^\top G, \qquad
    S = c\, A \odot \bigl(G V^\top - \mathrm{rowsum}(G \odot Y)\bigr), \qquad
    \partial Q = S K, \qquad \partial K \mathrel{+}= S^\top Q .

Source: Dao et al., 2022, algorithm 4, arXiv 2205.14135.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from course_attn._paths import sdpa
from course_attn._twice import derivable

# Places in a block. A block computes its own width and the window's; small ones compute little that the window hides,
# large ones fill the matrix products. Of 64, 128, 256: these were the fastest for windows of 256, each by a tenth.
FORWARD, BACKWARD = 128, 64
Plain = Callable[[Tensor, Tensor, Tensor], Tensor]


class WindowLoop(torch.autograd.Function):
    """Attention within a window: ``(B, N, d)`` twice and ``(B, N, d_v)`` to ``(B, N, d_v)``, all of them harmless.

    ``plain`` is the same as a formula of three tensors; it is called only if a derivative of the derivative is wanted.
    """

    @staticmethod
    def forward(
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, window: int, is_causal: bool, plain: Plain
    ) -> Tensor:
        """Each block of queries asks the keys that one of them can reach."""
        output = torch.empty_like(value)
        for rows, reach, band in _blocks(query, FORWARD, window, is_causal):
            q, k, v = query[:, rows], key[:, reach], value[:, reach]  # views
            output[:, rows] = sdpa(q, k, v, band, is_causal=False, scale=None, dropout=0.0, looked_at=True)
        ctx.save_for_backward(query, key, value, output)
        ctx.window, ctx.is_causal, ctx.plain = window, is_causal, plain
        return output

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """The equations above, block by block."""
        query, key, value, output = ctx.saved_tensors
        if torch.is_grad_enabled():
            return *derivable(ctx.plain, grad, query, key, value), None, None, None
        scale = 1 / math.sqrt(query.shape[-1])
        grad_query, grad_key, grad_value = torch.empty_like(query), torch.zeros_like(key), torch.zeros_like(value)
        row_sums = torch.linalg.vecdot(grad, output)[..., None]  # (B, N, 1)
        for rows, reach, band in _blocks(query, BACKWARD, ctx.window, ctx.is_causal):
            q, k, v, g = query[:, rows], key[:, reach], value[:, reach], grad[:, rows]
            scores = torch.baddbmm(q.new_empty(1, 1, 1), q, k.mT, beta=0, alpha=scale)  # (B, size, reach)
            weights = torch.softmax(scores.masked_fill_(~band, -math.inf), dim=-1)
            grad_value[:, reach].baddbmm_(weights.mT, g)
            grad_scores = torch.baddbmm(row_sums[:, rows], g, v.mT, beta=-1).mul_(weights)
            grad_query[:, rows] = torch.bmm(grad_scores, k).mul_(scale)
            grad_key[:, reach].baddbmm_(grad_scores.mT, q, alpha=scale)
        return grad_query, grad_key, grad_value, None, None, None


def _blocks(query: Tensor, size: int, window: int, is_causal: bool) -> Iterator[tuple[slice, slice, Tensor]]:
    """The rows of each block, the keys in their reach, and who of them sees whom, ``(size, reach)``."""
    num_places, band, shape = query.shape[1], torch.empty(0), (-1, -1, -1)
    for start in range(0, num_places, size):
        stop = min(start + size, num_places)
        first, last = max(0, start - window), stop if is_causal else min(num_places, stop + window)
        if shape != (start - first, stop - start, last - first):  # all blocks far from the ends share one band
            shape = (start - first, stop - start, last - first)
            place = torch.arange(first, last, device=query.device)
            step = place[None, :] - place[shape[0] : shape[0] + shape[1], None]  # from query to key
            band = (step >= -window) & (step <= (0 if is_causal else window))
        yield slice(start, stop), slice(first, last), band
