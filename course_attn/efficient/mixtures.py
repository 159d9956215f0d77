r"""The sums of linear attention: as the formula has them, and with their derivative written down.

:func:`mix_plainly` reads like the formula. :class:`Mixture` and :class:`CausalMixture` compute the same in fewer passes
over memory, and keep nothing for the derivative but the inputs, the output and one number for each query.

With :math:`t_i = q_i \cdot \sum_j k_j`, the output :math:`y_i = q_i^\top \sum_j k_j v_j^\top / t_i` and its gradient
:math:`g_i`, call

.. math:: \bar g_i = g_i / t_i, \qquad \tau_i = -\,\bar g_i \cdot y_i

the gradients of numerator and denominator. Then, all sums over the pairs that see each other,

.. math:: \partial q_i = \sum_j (\bar g_i \cdot v_j + \tau_i)\, k_j, \quad
    \partial k_j = \sum_i (\bar g_i \cdot v_j + \tau_i)\, q_i, \quad
    \partial v_j = \sum_i (q_i \cdot k_j)\, \bar g_i .

Source: Katharopoulos et al., 2020, section 3.3.1 and appendix, arXiv 2006.16236, there without the denominator.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_attn._hidden import may_look
from course_attn._paths import derivative_by_hand_pays
from course_attn._readable import is_tracing
from course_attn._twice import derivable


def mix_features(query: Tensor, key: Tensor, value: Tensor, chunk_size: int | None = None) -> tuple[Tensor, Tensor]:
    """The two sums over the keys and their quotient, for features ``(..., N, m)`` and ``(..., M, m)``.

    Causal if there is a ``chunk_size``. Returns the quotient ``(..., N, d_v)`` and the denominators ``(..., N, 1)``, by
    which :func:`sound` judges it. Causal ones are NaN where any key or value is not finite, though only the end saw it.
    """
    batch = query.shape[:-2]
    if not batch == key.shape[:-2] == value.shape[:-2] or not derivative_by_hand_pays(query):
        return mix_plainly(query, key, value, chunk_size)
    three = (x.reshape(-1, *x.shape[-2:]) for x in (query, key, value))  # one batch axis
    both = Mixture.apply(*three) if chunk_size is None else CausalMixture.apply(*three, chunk_size)
    output, total = (x.reshape(*batch, *x.shape[-2:]) for x in both)
    return output, total


def sound(total: Tensor, dead: Tensor | None, causal: bool = False) -> bool:
    """Whether no denominator is near the ends of what its dtype holds; those of ``dead`` queries must be 0.

    Where numbers may not be looked at, nobody knows. On a CPU the answer is no; on other devices, where the safe way
    was not measured, and in a graph for any length, which has no safe way for ``causal`` sums, it is yes.
    """
    if not may_look(total):
        known = isinstance(total.shape[-2], int) and not is_tracing()
        return total.device.type != "cpu" or (causal and not known)
    low = torch.finfo(total.dtype).tiny * 1e8  # so that products which got lost were no part of the sum
    least, most = torch.aminmax(total if dead is None else total.masked_fill(dead & (total == 0), 1.0))
    return float(least) > low and float(most) < 1 / low  # NaN is neither


def mix_plainly(query: Tensor, key: Tensor, value: Tensor, chunk_size: int | None = None) -> tuple[Tensor, Tensor]:
    """:func:`mix_features` as the formula has it, its derivative left to autograd."""
    # A column of ones beside the values: the numerator and the denominator are one product.
    value = F.pad(value, (0, 1), value=1.0)  # (..., M, d_v + 1)
    if chunk_size is None:
        mixed = query @ (key.transpose(-2, -1) @ value)  # (..., N, m) @ (..., m, d_v + 1)
    else:
        known = isinstance(query.shape[-2], int)  # not where a graph is recorded: no branch may ask for the length
        mixed = _causal_chunks(query, key, value, min(chunk_size, query.shape[-2]) if known else chunk_size)
    total = mixed[..., -1:]
    output = mixed[..., :-1] / total.masked_fill(total == 0, 1.0)
    total = total.detach()
    if chunk_size is not None:
        for x in (key, value):
            total = total + 0.0 * x.detach().sum((-2, -1), keepdim=True)
    return output, total


def _causal_chunks(query: Tensor, key: Tensor, value: Tensor, size: int) -> Tensor:
    num_places = query.shape[-2]
    # A graph for any length must not ask whether there is one chunk, or one before it: two empty ones spare it that.
    num_chunks = -(-num_places // size) if isinstance(num_places, int) else num_places // size + 3
    fill = num_chunks * size - num_places
    query, key, value = (cut(F.pad(x, (0, 0, 0, fill)), size) for x in (query, key, value))
    inside = (query @ key.transpose(-2, -1)).tril() @ value  # (..., chunks, size, d_v + 1)
    sums = key.transpose(-2, -1) @ value  # (..., chunks, m, d_v + 1), one for each chunk
    before = F.pad(sums.cumsum(-3)[..., :-1, :, :], (0, 0, 0, 0, 1, 0))  # of all chunks before this one
    mixed = (inside + query @ before).flatten(-3, -2)
    if isinstance(num_places, int):
        return mixed[..., :num_places, :]
    return mixed.index_select(-2, torch.arange(num_places, device=mixed.device))  # a slice may lie in one piece or not


def cut(x: Tensor, size: int) -> Tensor:
    """``(..., N, d)`` to ``(..., N / size, size, d)``, also where ``N`` stays open: there torch proves no division."""
    return x.unflatten(-2, (-1, size)) if isinstance(x.shape[-2], int) else x.unfold(-2, size, size).mT


class Mixture(torch.autograd.Function):
    """All keys for every query: features ``(B, N, m)``, ``(B, M, m)`` and values ``(B, M, d_v)`` to ``(B, N, d_v)``,
    and the denominators ``(B, N, 1)``."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """The two sums, then their quotient."""
        total = _dot(query, key.sum(1, keepdim=True))  # (B, N, 1)
        share = total.masked_fill(total == 0, 1.0).reciprocal_()
        output = (query @ (key.mT @ value)).mul_(share)
        ctx.save_for_backward(query, key, value, output, share)
        ctx.mark_non_differentiable(total)
        return output, total

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor, ...]:
        """The three sums above; with every pair seen, they factor."""
        query, key, value, output, share = ctx.saved_tensors
        if torch.is_grad_enabled():  # a derivative of the derivative is asked for: that one is left to autograd
            return derivable(lambda q, k, v: mix_plainly(q, k, v)[0], grad, query, key, value)
        grad, total_grad = _of_quotient(grad, output, share)
        value_sum, key_sum = key.mT @ value, key.sum(1, keepdim=True)  # (B, m, d_v), (B, 1, m)
        grad_sum, query_sum = query.mT @ grad, (query * total_grad).sum(1, keepdim=True)  # (B, m, d_v), (B, 1, m)
        grad_query = (grad @ value_sum.mT).addcmul_(total_grad, key_sum)
        return grad_query, (value @ grad_sum.mT).add_(query_sum), key @ grad_sum


class CausalMixture(torch.autograd.Function):
    """Keys up to the query's own place. Chunk by chunk, so that what a chunk needs stays in the processor's cache."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, size: int) -> tuple[Tensor, Tensor]:
        """Pairs within a chunk are compared directly; all chunks before it are two sums."""
        output, totals = torch.empty_like(value), value.new_empty(*value.shape[:2], 1)
        share = torch.empty_like(totals)
        value_sum, key_sum = _empty_sums(key, value)
        for chunk in _chunks(query, size):
            q, k, v = query[:, chunk], key[:, chunk], value[:, chunk]  # (B, c, m), (B, c, m), (B, c, d_v)
            pairs = (q @ k.mT).tril_()  # (B, c, c)
            total = pairs.sum(-1, keepdim=True).add_(_dot(q, key_sum))  # (B, c, 1)
            totals[:, chunk] = total
            share[:, chunk] = total.masked_fill_(total == 0, 1.0).reciprocal_()
            torch.mul(torch.baddbmm(q @ value_sum, pairs, v), share[:, chunk], out=output[:, chunk])
            value_sum.baddbmm_(k.mT, v)
            key_sum += k.sum(1, keepdim=True)
        totals += 0.0 * value_sum.sum((1, 2), keepdim=True)
        ctx.save_for_backward(query, key, value, output, share)
        ctx.size = size
        ctx.mark_non_differentiable(totals)
        return output, totals

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        """Forward for the queries, which see the past; backward for keys and values, which the future saw."""
        query, key, value, output, share = ctx.saved_tensors
        if torch.is_grad_enabled():
            return *derivable(lambda q, k, v: mix_plainly(q, k, v, ctx.size)[0], grad, query, key, value), None
        grad, total_grad = _of_quotient(grad, output, share)
        grad_query, grad_key, grad_value = (torch.empty_like(x) for x in (query, key, value))
        value_sum, key_sum = _empty_sums(key, value)
        all_pairs = []
        for chunk in _chunks(query, ctx.size):
            k, v, g, tau = key[:, chunk], value[:, chunk], grad[:, chunk], total_grad[:, chunk]
            pairs = torch.baddbmm(tau, g, v.mT).tril_()  # (B, c, c), what each pair's product is worth
            grad_query[:, chunk] = torch.baddbmm(g @ value_sum.mT, pairs, k).addcmul_(tau, key_sum)
            value_sum.baddbmm_(k.mT, v)
            key_sum += k.sum(1, keepdim=True)
            all_pairs.append(pairs)
        grad_sum, query_sum = _empty_sums(key, value)  # of the chunks behind
        for chunk in reversed(_chunks(query, ctx.size)):
            q, k, v, g, tau = query[:, chunk], key[:, chunk], value[:, chunk], grad[:, chunk], total_grad[:, chunk]
            grad_key[:, chunk] = torch.baddbmm(v @ grad_sum.mT, all_pairs.pop().mT, q).add_(query_sum)
            grad_value[:, chunk] = torch.baddbmm(k @ grad_sum, (q @ k.mT).tril_().mT, g)
            grad_sum.baddbmm_(q.mT, g)
            query_sum += (q * tau).sum(1, keepdim=True)
        return grad_query, grad_key, grad_value, None


def _of_quotient(grad: Tensor, output: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of the numerator ``(B, N, d_v)`` and of the denominator ``(B, N, 1)``."""
    grad = grad * share
    return grad, _dot(grad, output).neg_()


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """Row by row, ``(B, N, 1)``: a third of the time of the matrix product with one column."""
    return torch.linalg.vecdot(a, b)[..., None]


def _empty_sums(key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    batch, _, num_features = key.shape
    return key.new_zeros(batch, num_features, value.shape[-1]), key.new_zeros(batch, 1, num_features)


def _chunks(query: Tensor, size: int) -> list[slice]:
    return [slice(start, start + size) for start in range(0, query.shape[1], size)]
