"""Masks: who may attend to whom.

A mask is a boolean tensor, ``True`` = may attend, that broadcasts to the scores ``(..., N, M)``:
one row for each query, one column for each key.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from course_attn._checks import check_count, check_device, check_same_device, describe, error, whole_numbers
from course_attn._numbers import check_numbers
from course_attn._readable import numbers_can_be_read


def causal_mask(num_queries: int, num_keys: int | None = None, *, device: torch.device | str | None = None) -> Tensor:
    """Let each query see its own place and the places before it.

    Query ``i`` may attend to key ``j`` iff ``j <= i + (M - N)``: the last query stands at the last key. With
    ``N == M`` that is the lower triangle; with ``N < M`` the queries are the newest of ``M`` places, as in
    decoding with a cache.

    Args:
        num_queries: ``N``.
        num_keys: ``M``, at least ``N``; ``N`` if left out.
        device: Where the mask lives.

    Returns:
        Boolean mask of shape ``(N, M)``; every row holds at least one ``True``.

    Raises:
        ValueError: If a size is not a positive whole number, there are fewer keys than queries, or the device is
            unknown or not present.

    Source: Vaswani et al., 2017, section 3.2.3, arXiv 1706.03762.
    Chapter: Attention.
    Differs from torch: ``scaled_dot_product_attention(is_causal=True)`` aligns the *first* query with the first
        key when ``N < M``.
    """
    check_count("causal_mask", "num_queries", num_queries)
    num_keys = num_queries if num_keys is None else num_keys
    check_count("causal_mask", "num_keys", num_keys)
    if num_keys < num_queries:
        raise error("causal_mask", "num_keys", f"at least num_queries = {num_queries}", str(num_keys))
    check_device("causal_mask", device)
    everyone = torch.ones(num_queries, num_keys, dtype=torch.bool, device=device)
    return everyone.tril(num_keys - num_queries)  # (N, M)


def padding_mask(lengths: Tensor | Sequence[int], max_length: int | None = None) -> Tensor:
    """Hide the places after the end of each sequence of a padded batch.

    Args:
        lengths: How many places of each sequence are real, ``(B,)`` whole numbers, 0 allowed.
        max_length: ``M``, the padded length; the longest sequence if left out.

    Returns:
        Boolean mask of shape ``(B, 1, M)``: the same keys are hidden from every query. For scores with a heads
        axis use ``padding_mask(...)[:, None]``, shape ``(B, 1, 1, M)``.

    Raises:
        ValueError: If the lengths are not whole numbers in a row, are negative, or exceed ``max_length``.

    Chapter: Attention.
    """
    lengths = whole_numbers("padding_mask", "lengths", lengths, "(B,)")
    if lengths.dim() != 1 or lengths.numel() == 0:
        raise error("padding_mask", "lengths", "whole numbers of shape (B,)", describe(lengths))
    if max_length is None:
        check_numbers("padding_mask", "lengths", lengths)
    else:
        check_count("padding_mask", "max_length", max_length)
    if numbers_can_be_read(lengths):
        longest, shortest = int(lengths.max()), int(lengths.min())
        if shortest < 0:
            raise error("padding_mask", "lengths", "at least 0", str(shortest))
        max_length = max(longest, 1) if max_length is None else max_length
        if longest > max_length:
            raise error("padding_mask", "lengths", f"at most max_length = {max_length}", str(longest))
    assert max_length is not None  # check_numbers saw to it
    places = torch.arange(max_length, device=lengths.device)  # (M,)
    return (places < lengths[:, None])[:, None]  # (B, 1, M)


def combine_masks(*masks: Tensor | None) -> Tensor | None:
    """Allow only what every mask allows; ``None`` stands for "everything allowed".

    Args:
        masks: Boolean masks whose shapes broadcast, or ``None``.

    Returns:
        The logical *and* of all masks, or ``None`` if none was given.

    Raises:
        ValueError: If a mask is not boolean, or two masks do not broadcast or are on two devices.

    Chapter: Attention.
    """
    combined: Tensor | None = None
    for mask in masks:
        if mask is None:
            continue
        if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
            raise error("combine_masks", "each mask", "of dtype bool, True = may attend", describe(mask))
        if combined is None:
            combined = mask
            continue
        advice = "make it there: causal_mask(N, device=x.device)"
        check_same_device("combine_masks", "each mask", mask, combined, "the first mask's", advice)
        try:
            combined = combined & mask
        except RuntimeError:
            raise error(
                "combine_masks", "each mask", f"broadcastable to {tuple(combined.shape)}", describe(mask)
            ) from None
    return combined
