"""Multi-head attention: one projection, split into heads.

:mod:`course_attn.head_by_head` computes the same function as h small layers, the way the formula is written. Here
the many small matrix products are one large one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from course_attn._checks import (
    check_axes,
    check_between,
    check_count,
    check_head_mask,
    check_multiple,
    check_shape,
    describe,
    error,
)
from course_attn._hidden import by_rows, harmless, without_unseen
from course_attn._paths import is_plain_linear, linear, sdpa_of_heads, through, with_weights
from course_attn._ways import share_heads
from course_attn.cache import KeyValueCache, undone_by_errors
from course_attn.head_axis import split
from course_attn.masks import causal_mask, combine_masks

Attend = Callable[[Tensor, Tensor, Tensor, "Tensor | None"], tuple[Tensor, Tensor]]
By = Callable[[Callable[[Tensor], Tensor], Tensor], Tensor]  # calls a function with rows
Linear = tuple[Tensor, "Tensor | None"]  # weight (out, in) and bias (out,)


class Rotation(Protocol):
    """Turns queries and keys by their place, as :class:`course_attn.positional.rotary.Rotary` does."""

    def rotate(self, x: Tensor, positions: Tensor | None = None) -> Tensor:
        """``(..., N, d)`` and places ``(N,)`` to ``(..., N, d)``."""


def _called(compute: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    return compute(rows)


class MultiHeadAttention(nn.Module):
    r"""Attention h times at once, each time with projections of its own, then mixed by :math:`W_O`.

    .. math:: \mathrm{head}_i = \mathrm{Attention}(X W_Q^i,\, C W_K^i,\, C W_V^i), \qquad
        Y = [\mathrm{head}_1, \dots, \mathrm{head}_h]\, W_O

    The projections of all heads are one matrix, cut after the product (the input is never cut): ``qkv.weight`` holds
    the rows of all queries, then all keys, then all values. Each head has width :math:`d = D / h`, so the number of
    parameters does not depend on ``h``; but a head's scores :math:`X W_Q^i W_K^{i\top} X^\top` have rank ``d`` at most.

    With fewer ``num_kv_heads`` several query heads share keys and values: grouped-query attention, and with one,
    multi-query attention. The key-value cache shrinks by the same factor.

    Args:
        d_model: ``D``, width of input and output.
        num_heads: ``h``; divides ``d_model``.
        num_kv_heads: How many heads of keys and values there are; divides ``num_heads``. ``num_heads`` if left out.
        d_context: Width of the context. If given, the layer has a query and a key-value projection apart and
            always needs a context; if left out, a context is ``d_model`` wide.
        bias: Whether the projections add a learned vector.
        dropout: Probability of dropping a weight while training.
        rotate: Turns queries and keys by their place (:class:`course_attn.positional.rotary.Rotary`).
        score_bias: Called with ``(N, M)``, returns ``(h, N, M)`` to add to the scores
            (:class:`course_attn.positional.bias.RelativeBias` and others). A module here is trained with the layer.
        attend: A replacement for the attention itself, ``f(query, key, value, mask) -> (output, weights)`` on
            ``(B, h, N, d)``. May also be set later: ``layer.attend = mine``. A module here is no part of the layer:
            ``parameters()`` and ``state_dict()`` are without its own, and ``to``, ``train`` and ``eval`` pass it by.

    Raises:
        ValueError: If the sizes do not divide; in ``forward``, if a shape does not fit.

    Source: Vaswani et al., 2017, section 3.2.2, arXiv 1706.03762; Shazeer, 2019, arXiv 1911.02150 (multi-query);
        Ainslie et al., 2023, arXiv 2305.13245 (grouped-query).
    Chapter: Multi-head attention.
    Differs from torch: batch first; True in a mask = may attend; weights per head, not averaged.
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        *,
        num_kv_heads: int | None = None,
        d_context: int | None = None,
        bias: bool = True,
        dropout: float = 0.0,
        rotate: Rotation | None = None,
        score_bias: Callable[[int, int], Tensor] | None = None,
        attend: Attend | None = None,
    ):
        super().__init__()
        check_count("MultiHeadAttention", "num_heads", num_heads)
        check_multiple("MultiHeadAttention", "d_model", d_model, num_heads)
        num_kv_heads = num_heads if num_kv_heads is None else num_kv_heads
        check_count("MultiHeadAttention", "num_kv_heads", num_kv_heads)
        check_multiple("MultiHeadAttention", "num_heads", num_heads, num_kv_heads)
        check_between("MultiHeadAttention", "dropout", dropout, 0.0, 1.0)
        self.d_model, self.num_heads, self.num_kv_heads, self.dropout = d_model, num_heads, num_kv_heads, dropout
        self.d_head = d_model // num_heads
        self.d_context = d_model if d_context is None else d_context
        d_key_value = 2 * num_kv_heads * self.d_head
        self.qkv: nn.Linear | None = None
        if d_context is None:
            self.qkv = nn.Linear(d_model, d_model + d_key_value, bias=bias)
        else:
            check_count("MultiHeadAttention", "d_context", d_context)
            self.query = nn.Linear(d_model, d_model, bias=bias)
            self.key_value = nn.Linear(d_context, d_key_value, bias=bias)
        self.output = nn.Linear(d_model, d_model, bias=bias)
        self.rotate, self.score_bias, self.attend = rotate, score_bias, attend

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "attend" and not (value is None or callable(value)):
            raise error("MultiHeadAttention", "attend", "a function, or None", describe(value))
        # nn.Module would take a module in as a part of it, and then refuse a function in its place.
        (object if name == "attend" else nn.Module).__setattr__(self, name, value)

    def forward(
        self,
        x: Tensor,
        context: Tensor | None = None,
        mask: Tensor | None = None,
        *,
        is_causal: bool = False,
        cache: KeyValueCache | None = None,
        return_weights: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Let every row of ``x`` look at the rows of the context, or of ``x`` itself.

        Args:
            x: ``(B, N, D)``, who asks.
            context: ``(B, M, d_context)``, who is asked; ``x`` if left out.
            mask: Boolean, broadcastable to ``(B, h, N, M)``; True = may attend.
            is_causal: Also hide the future: the last query stands at the last key.
            cache: Without a context, keys and values of ``x`` are appended and all so far are asked. With a context,
                its keys and values are computed at the first call and taken from the cache afterwards.
            return_weights: Also return the weights ``(B, h, N, M)``, before dropout.

        Returns:
            Output ``(B, N, D)``, or ``(output, weights)``.

        A call that raises leaves the cache as it was.
        """
        where = "MultiHeadAttention"
        check_axes(where, "x", x, "B", "N", self.d_model, like=self.output)
        if context is not None:
            check_axes(where, "context", context, x.shape[0], "M", self.d_context, like=self.output)
        elif self.qkv is None:
            raise error(where, "context", f"of shape (B, M, {self.d_context})", "None", "d_context was given")
        if cache is not None and not isinstance(cache, KeyValueCache):
            raise error(where, "cache", "a KeyValueCache, or None", describe(cache))
        (batch, num_queries, _), num_keys = x.shape, self._num_keys(x, context, cache)
        if mask is not None:
            check_head_mask(where, mask, (batch, self.num_heads, num_queries, num_keys), x)
            context = None if context is None else without_unseen(context, mask)
        if is_causal and num_keys < num_queries:
            raise error(where, "context", f"of at least N = {num_queries} rows when is_causal", str(num_keys))
        if isinstance(num_queries, int) and num_queries == 1:  # in a recorded graph a size is no int: it may grow
            is_causal = False  # the last query may see every key
        # No weight is to learn from rows that a mask may hide and that are not finite.
        rows = (x,) if context is None else (x, context)
        by = _called if mask is None or harmless(*rows) else by_rows
        with nullcontext() if cache is None else undone_by_errors(cache):
            query, key, value = self._project(x, context, cache, by)  # (B, h, N, d), twice (B, h_kv, M, d)
            mixed, weights = self._attend(query, key, value, mask, is_causal, return_weights)
            merged = mixed.transpose(1, 2).flatten(2)  # (B, h, N, d) -> (B, N, h * d)
            output = by(partial(through, self.output), merged)  # (B, N, D)
        return (output, weights) if return_weights else output  # type: ignore[return-value]

    @staticmethod
    def _num_keys(x: Tensor, context: Tensor | None, cache: KeyValueCache | None) -> int:
        """How many keys will be asked: ``M``, or all of the cache."""
        if context is None:
            return x.shape[1] + (0 if cache is None else cache.length)
        return cache.length if cache is not None and cache.length else context.shape[1]

    def _project(
        self, x: Tensor, context: Tensor | None, cache: KeyValueCache | None, by: By
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, split into heads, turned to their places and joined with the cache."""
        num_heads, num_kv = self.num_heads, self.num_kv_heads
        if context is None and self.qkv is not None:
            qkv = split(by(partial(through, self.qkv), x), num_heads + 2 * num_kv)
            query, key, value = qkv.split([num_heads, num_kv, num_kv], dim=1)  # views of one product
        else:
            query = split(by(self._queries, x), num_heads)
            if cache is not None and cache.length:
                return self._turn(query, 0), *cache.view(query)
            key_value = split(by(self._keys_and_values, context), 2 * num_kv)  # type: ignore[arg-type]
            key, value = key_value.chunk(2, dim=1)
        start = 0 if cache is None or context is not None else cache.length
        query, key = self._turn(query, start), self._turn(key, start)
        if cache is None:
            return query, key, value
        key, value = cache.append(key, value)
        # What a derivative will need is kept as it is now: the next call writes into the cache.
        return (query, key.clone(), value.clone()) if query.requires_grad else (query, key, value)

    def _queries(self, x: Tensor) -> Tensor:
        """``(B, N, D)``, all heads side by side."""
        if self.qkv is None:
            return through(self.query, x)
        return linear(x, *self._separate()[0]) if is_plain_linear(self.qkv) else self.qkv(x)[..., : self.d_model]

    def _keys_and_values(self, context: Tensor) -> Tensor:
        """``(B, M, 2 * h_kv * d)``, all keys and then all values."""
        if self.qkv is None:
            return through(self.key_value, context)
        plain = is_plain_linear(self.qkv)
        return linear(context, *self._separate()[1]) if plain else self.qkv(context)[..., self.d_model :]

    def _separate(self) -> tuple[Linear, Linear]:
        """Weight and bias of the query projection, and of the key-value projection."""
        if self.qkv is None:
            return (self.query.weight, self.query.bias), (self.key_value.weight, self.key_value.bias)
        weight, bias, d = self.qkv.weight, self.qkv.bias, self.d_model
        return (weight[:d], None if bias is None else bias[:d]), (weight[d:], None if bias is None else bias[d:])

    def _turn(self, x: Tensor, start: int) -> Tensor:
        if self.rotate is None:
            return x
        positions = torch.arange(start, start + x.shape[2], device=x.device) if start else None
        return self.rotate.rotate(x, positions)

    def _attend(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, is_causal: bool, return_weights: bool
    ) -> tuple[Tensor, Tensor | None]:
        """Attention on ``(B, h, N, d)``: the output, and the weights if they were asked for."""
        dropout = self.dropout if self.training else 0.0
        if self.attend is None and self.score_bias is None and not return_weights:
            return sdpa_of_heads(query, key, value, mask, is_causal=is_causal, dropout=dropout), None
        num_queries, num_keys = query.shape[2], key.shape[2]
        key, value = share_heads(key, self.num_heads), share_heads(value, self.num_heads)  # (B, h, M, d)
        if is_causal:
            mask = combine_masks(mask, causal_mask(num_queries, num_keys, device=query.device))
        if self.attend is not None:
            return self._attend_by(self.attend, query, key, value, mask)
        bias = None
        if self.score_bias is not None:
            bias, shape = (
                self.score_bias(num_queries, num_keys).to(query.dtype),
                (self.num_heads, num_queries, num_keys),
            )
            check_shape("MultiHeadAttention", "score_bias(N, M)", bias, shape, like=query)
        return with_weights(query, key, value, mask, scale=1 / math.sqrt(self.d_head), dropout=dropout, bias=bias)

    def _attend_by(
        self, attend: Attend, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Call the replacement and look at what it returns: it may be a learner's."""
        where = "MultiHeadAttention.attend"
        if self.score_bias is not None:
            raise error(where, "score_bias", "None when attend is given", describe(self.score_bias))
        result = attend(query, key, value, mask)
        if not isinstance(result, tuple) or len(result) != 2:
            raise error(where, "the result", "a pair (output, weights)", describe(result))
        output, weights = result
        check_shape(where, "output", output, tuple(query.shape), like=query)
        check_shape(where, "weights", weights, (*query.shape[:3], key.shape[2]), like=query)
        return output, weights

    def copy_weights(self, query: Linear, key: Linear, value: Linear, output: Linear) -> None:
        """Take over trained projections, each as ``(weight (out, in), bias or None)``; a missing bias counts as 0.

        Raises:
            ValueError: If a weight has another shape, or a bias is given to a layer without.
        """
        parts = {"query": (query, self.d_model, self.d_model), "output": (output, self.d_model, self.d_model)}
        width = self.num_kv_heads * self.d_head
        parts |= {"key": (key, width, self.d_context), "value": (value, width, self.d_context)}
        for name, ((weight, bias), d_out, d_in) in parts.items():
            for kind, tensor, shape in (("weight", weight, (d_out, d_in)), ("bias", bias, (d_out,))):
                if tensor is not None and tuple(tensor.shape) != shape:
                    raise error("copy_weights", f"{name} {kind}", f"of shape {shape}", describe(tensor))
            if bias is not None and self.output.bias is None:
                raise error("copy_weights", f"{name} bias", "None, the layer has no bias", describe(bias))
        with torch.no_grad():
            for (to_weight, to_bias), (weight, bias) in zip(self.parts(), (query, key, value, output), strict=True):
                to_weight.copy_(weight)
                if to_bias is not None:
                    to_bias.zero_() if bias is None else to_bias.copy_(bias)

    def parts(self) -> list[Linear]:
        """Weight and bias of the query, key, value and output projections: views, each ``(out, in)`` and ``(out,)``."""
        query, (w_key_value, b_key_value) = self._separate()
        b_key, b_value = (None, None) if b_key_value is None else b_key_value.chunk(2)
        w_key, w_value = w_key_value.chunk(2)
        return [query, (w_key, b_key), (w_value, b_value), (self.output.weight, self.output.bias)]
