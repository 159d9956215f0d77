"""Self-attention: queries, keys and values from one input, through three matrices.

The ladder: one vector at a time, whole matrices, the same with vectors as columns, and a module that also does
cross-attention (keys and values from another input).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_attn._checks import check_axes, check_count, check_shape, error
from course_attn._hidden import by_rows
from course_attn._numbers import check_steps
from course_attn._readable import root
from course_attn.attention import attention, fused_attention


def self_attention_by_vectors(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> tuple[Tensor, Tensor]:
    r"""Self-attention as it is told: each place asks every place, one vector at a time.

    .. math:: q_i = x_i W_Q,\; k_j = x_j W_K,\; v_j = x_j W_V, \qquad
        y_i = \sum_j a_{ij} v_j, \quad
        a_{ij} = \frac{e^{q_i \cdot k_j / \sqrt d}}{\sum_{j'} e^{q_i \cdot k_{j'} / \sqrt d}}

    Args:
        x: ``(N, D)``, one row for each place.
        w_q: ``(D, d)``.
        w_k: ``(D, d)``.
        w_v: ``(D, d_v)``.

    Returns:
        ``(output, weights)`` of shapes ``(N, d_v)`` and ``(N, N)``: what :func:`self_attention` returns.

    Raises:
        ValueError: If ``x`` is not a matrix or the weights do not fit it.

    Source: Vaswani et al., 2017, section 3.2.1, arXiv 1706.03762.
    Chapter: Self-attention.
    """
    check_axes("self_attention_by_vectors", "x", x, "N", "D")
    _check_weights("self_attention_by_vectors", x, w_q, w_k, w_v)
    check_steps("self_attention_by_vectors", "x", x.shape[0])
    outputs, all_weights = [], []
    for x_i in x:
        q_i = x_i @ w_q  # (d,)
        scores = torch.stack([q_i @ (x_j @ w_k) for x_j in x]) / root(w_q.shape[-1])  # (N,)
        weights = torch.softmax(scores, dim=0)  # (N,)
        outputs.append(sum((a * (x_j @ w_v) for a, x_j in zip(weights, x, strict=True)), x.new_zeros(w_v.shape[-1])))
        all_weights.append(weights)
    return torch.stack(outputs), torch.stack(all_weights)  # (N, d_v), (N, N)


def self_attention(
    x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    r"""Self-attention as matrices: all places ask at once.

    .. math:: Q = X W_Q,\; K = X W_K,\; V = X W_V, \qquad Y = \mathrm{softmax}\!\left(\frac{Q K^\top}{\sqrt d}\right) V

    Args:
        x: ``(..., N, D)``, one row for each place.
        w_q: ``(D, d)``.
        w_k: ``(D, d)``.
        w_v: ``(D, d_v)``.
        mask: Boolean, broadcastable to ``(..., N, N)``; True = may attend.

    Returns:
        ``(output, weights)`` of shapes ``(..., N, d_v)`` and ``(..., N, N)``.

    Raises:
        ValueError: If the weights do not fit ``x``, or the mask does not fit the scores.

    Source: Vaswani et al., 2017, section 3.2.1, arXiv 1706.03762.
    Chapter: Self-attention.
    """
    check_axes("self_attention", "x", x, "...", "N", "D")
    _check_weights("self_attention", x, w_q, w_k, w_v)
    if mask is None:
        return attention(x @ w_q, x @ w_k, x @ w_v)
    query, key, value = (by_rows(lambda rows, w=w: rows @ w, x) for w in (w_q, w_k, w_v))  # type: ignore[misc]
    return attention(query, key, value, mask)


def self_attention_columns(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> tuple[Tensor, Tensor]:
    r"""The same with vectors as columns, as many texts write it: softmax runs down each column.

    .. math:: Q = W^q I,\; K = W^k I,\; V = W^v I, \qquad
        A' = \mathrm{softmax}_\mathrm{columns}\!\left(\frac{K^\top Q}{\sqrt d}\right), \quad O = V A'

    Every matrix is the transpose of the one of :func:`self_attention`.

    Args:
        x: :math:`I`, ``(D, N)``, one column for each place.
        w_q: ``(d, D)``.
        w_k: ``(d, D)``.
        w_v: ``(d_v, D)``.

    Returns:
        ``(output, weights)`` of shapes ``(d_v, N)`` and ``(N, N)``; column ``i`` of the weights belongs to query
        ``i`` and sums to 1.

    Raises:
        ValueError: If ``x`` is not a matrix or the weights do not fit it.

    Source: Lee Hung-yi, Machine Learning 2021, lecture on self-attention.
    Chapter: Self-attention.
    """
    check_axes("self_attention_columns", "x", x, "D", "N")
    for name, weight in (("w_q", w_q), ("w_k", w_k), ("w_v", w_v)):
        check_axes("self_attention_columns", name, weight, "d", "D")
        width = w_q.shape[0] if name == "w_k" else weight.shape[0]
        check_shape("self_attention_columns", name, weight, (width, x.shape[0]), like=x)
    query, key, value = w_q @ x, w_k @ x, w_v @ x  # (d, N), (d, N), (d_v, N)
    scores = key.T @ query / root(w_q.shape[0])  # (M, N): row j is key j, column i is query i
    weights = torch.softmax(scores, dim=0)
    return value @ weights, weights  # (d_v, N), (N, N)


class SelfAttention(nn.Module):
    """One head of attention with its three projections; with a context it is cross-attention.

    Args:
        d_model: ``D``, width of the input.
        d_key: ``d``, width of a query and of a key; ``D`` if left out.
        d_value: ``d_v``, width of a value and of the output; ``d_key`` if left out.
        d_context: Width of the context, if it is not ``D``.
        bias: Whether the projections add a learned vector.

    Raises:
        ValueError: If a size is not a positive whole number; in ``forward``, if a shape does not fit.

    Source: Vaswani et al., 2017, section 3.2, arXiv 1706.03762.
    Chapter: Self-attention.
    """

    def __init__(
        self,
        d_model: int,
        d_key: int | None = None,
        d_value: int | None = None,
        *,
        d_context: int | None = None,
        bias: bool = False,
    ):
        super().__init__()
        d_key = d_model if d_key is None else d_key
        d_value = d_key if d_value is None else d_value
        d_context = d_model if d_context is None else d_context
        for name, size in (("d_model", d_model), ("d_key", d_key), ("d_value", d_value), ("d_context", d_context)):
            check_count("SelfAttention", name, size)
        self.d_model, self.d_context = d_model, d_context
        self.query = nn.Linear(d_model, d_key, bias=bias)
        self.key = nn.Linear(d_context, d_key, bias=bias)
        self.value = nn.Linear(d_context, d_value, bias=bias)

    def forward(
        self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None, *, return_weights: bool = False
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Let every row of ``x`` look at the rows of the context, or of ``x`` itself.

        Args:
            x: ``(..., N, D)``, who asks.
            context: ``(..., M, d_context)``, who is asked; ``x`` if left out.
            mask: Boolean, broadcastable to ``(..., N, M)``; True = may attend.
            return_weights: Also return the weights ``(..., N, M)``.

        Returns:
            Output ``(..., N, d_v)``, or ``(output, weights)``.
        """
        check_axes("SelfAttention", "x", x, "...", "N", self.d_model, like=self.query)
        if context is None:
            if self.d_context != self.d_model:
                raise error("SelfAttention", "context", f"of width {self.d_context}", "None")
            context = x
        if context is not x:
            check_axes("SelfAttention", "context", context, "...", "M", self.d_context, like=self.key)
        parts = (self.query, x), (self.key, context), (self.value, context)
        query, key, value = (part(y) if mask is None else by_rows(part, y) for part, y in parts)
        if return_weights:
            return attention(query, key, value, mask)
        return fused_attention(query, key, value, mask)


def _check_weights(where: str, x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> None:
    d_model = x.shape[-1]
    for name, weight in (("w_q", w_q), ("w_k", w_k), ("w_v", w_v)):
        check_axes(where, name, weight, "D", "d")
    check_shape(where, "w_q", w_q, (d_model, w_q.shape[-1]), like=x)
    check_shape(where, "w_k", w_k, (d_model, w_q.shape[-1]), like=x)
    check_shape(where, "w_v", w_v, (d_model, w_v.shape[-1]), like=x)
