"""What a head does, in one number: how much of its attention goes to one kind of place."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from course_attn._checks import check_axes, check_count, check_same_device, describe, error
from course_attn._readable import numbers_can_be_read


def first_token_scores(weights: Sequence[Tensor]) -> Tensor:
    """Mean weight on the first token, of all queries but the first: a head with nothing to say rests there.

    Args:
        weights: One ``(B, h, N, N)`` for each layer.

    Returns:
        ``(layers, h)``, from 0 to 1.

    Raises:
        ValueError: If there is no layer, the maps are not square and of one size, or ``N`` is 1.

    Source: Xiao et al., 2023 (attention sinks), arXiv 2309.17453.
    Chapter: Multi-head attention.
    """
    maps = _stack("first_token_scores", weights)
    return maps[..., 1:, 0].mean((1, 3))


def previous_token_scores(weights: Sequence[Tensor]) -> Tensor:
    """Mean weight on the token just before. Arguments, result and errors as :func:`first_token_scores`.

    Source: Voita et al., 2019 (positional heads), arXiv 1905.09418.
    Chapter: Multi-head attention.
    """
    maps = _stack("previous_token_scores", weights)
    return maps.diagonal(-1, -2, -1).mean((1, 3))


def next_token_scores(weights: Sequence[Tensor]) -> Tensor:
    """Mean weight on the token just after. Arguments, result, errors and source as :func:`previous_token_scores`."""
    maps = _stack("next_token_scores", weights)
    return maps.diagonal(1, -2, -1).mean((1, 3))


def same_token_scores(weights: Sequence[Tensor], tokens: Tensor) -> Tensor:
    """Mean weight on other places that hold the query's own token, of those queries whose token stands elsewhere too.

    Args:
        weights: One ``(B, h, N, N)`` for each layer.
        tokens: Numbers ``(B, N)``.

    Returns:
        ``(layers, h)``, from 0 to 1.

    Raises:
        ValueError: As :func:`first_token_scores`; if ``tokens`` do not fit; or if no token stands in two places.

    Chapter: Multi-head attention.
    """
    where = "same_token_scores"
    maps = _stack(where, weights)
    if not isinstance(tokens, Tensor) or tokens.shape != (maps.shape[1], maps.shape[-1]):
        raise error(where, "tokens", f"of shape ({maps.shape[1]}, {maps.shape[-1]})", describe(tokens))
    check_same_device(where, "tokens", tokens, maps, "the weights'")
    same = tokens[:, :, None] == tokens[:, None, :]  # (B, N, N)
    same = same & ~torch.eye(maps.shape[-1], dtype=torch.bool, device=tokens.device)
    queries = same.any(-1)  # (B, N)
    if numbers_can_be_read(queries) and not queries.any():
        raise error(where, "tokens", "with one that stands in two places", describe(tokens))
    on_twins = (maps * same[:, None]).sum(-1)  # (layers, B, h, N)
    return (on_twins * queries[:, None]).sum((1, 3)) / queries.sum()


def induction_scores(weights: Sequence[Tensor], period: int) -> Tensor:
    """On a sequence that repeats: mean weight on the token that came next the last time.

    In ``a b c a b c`` a query at the second ``a`` that looks at the first ``b`` finds what comes next. The head
    matches what stands *before* a key, so it needs a head below it that carries each token one place on.

    Args:
        weights: One ``(B, h, N, N)`` for each layer.
        period: After how many tokens the sequence repeats; below ``N``.

    Returns:
        ``(layers, h)``, from 0 to 1: the mean over queries that have seen their token before.

    Raises:
        ValueError: As :func:`first_token_scores`, or if nothing repeats.

    Source: Olsson et al., 2022, arXiv 2209.11895.
    Chapter: Multi-head attention.
    """
    maps = _stack("induction_scores", weights)
    check_count("induction_scores", "period", period)
    if period >= maps.shape[-1]:
        raise error("induction_scores", "period", f"below N = {maps.shape[-1]}", str(period), "nothing repeats")
    # Query i looks at i - period + 1; the first that has such a place is i = period.
    return maps.diagonal(1 - period, -2, -1)[..., 1:].mean((1, 3))


def _stack(where: str, weights: Sequence[Tensor]) -> Tensor:
    """All maps as one ``(layers, B, h, N, N)``."""
    if not isinstance(weights, (list, tuple)):
        wanted = "a list of maps, one (B, h, N, N) for each layer"
        raise error(where, "weights", wanted, describe(weights), "of one map: [weights]")
    if not weights:
        raise error(where, "weights", "of at least one layer", describe(weights))
    check_axes(where, "weights", weights[0], "B", "h", "N", "N")
    batch, heads, length, _ = weights[0].shape
    if length < 2:
        raise error(where, "weights", "of at least two tokens", describe(weights[0]))
    for layer in weights:
        check_axes(where, "weights", layer, batch, heads, length, length)
        check_same_device(where, "weights", layer, weights[0], "the first layer's")
    return torch.stack(list(weights))
