"""Sliding window: every query sees its neighbours only, and only they are computed."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from course_attn._checks import check_count, check_device, check_query_key, check_value, describe, error
from course_attn._hidden import harmless
from course_attn._paths import derivative_by_hand_pays, rows_in_one_piece
from course_attn.attention import fused_attention
from course_attn.efficient.mixtures import cut
from course_attn.efficient.window_loop import WindowLoop


def window_mask(
    num_places: int, window: int, *, is_causal: bool = False, device: torch.device | str | None = None
) -> Tensor:
    """Let every query see the places at most ``window`` away.

    Args:
        num_places: ``N``.
        window: How far a query sees, to either side; 1 means itself and its two neighbours.
        is_causal: To the past only.
        device: Where the mask lives.

    Returns:
        Boolean ``(N, N)``: a band along the diagonal.

    Raises:
        ValueError: If a size is not a positive whole number.

    Source: Beltagy, Peters & Cohan, 2020, section 3.1, arXiv 2004.05150.
    Chapter: Beyond.
    """
    check_count("window_mask", "num_places", num_places)
    check_count("window_mask", "window", window)
    check_device("window_mask", device)
    place = torch.arange(num_places, device=device)
    step = place[None, :] - place[:, None]  # (N, N): from query to key
    return (step >= -window) & (step <= (0 if is_causal else window))


def sliding_window_attention(
    query: Tensor, key: Tensor, value: Tensor, window: int, *, is_causal: bool = False
) -> Tensor:
    r"""Attention within a window, in time and memory proportional to ``N`` times ``window``.

    Equal to ``attention(query, key, value, window_mask(N, window))[0]``. The queries are cut into blocks; a block asks
    only the keys that one of its queries may see.

    Args:
        query: ``(..., N, d)``.
        key: ``(..., N, d)``: as many as queries.
        value: ``(..., N, d_v)``.
        window: As in :func:`window_mask`.
        is_causal: To the past only.

    Returns:
        Output ``(..., N, d_v)``. What stands further away than the window has no influence, whatever it holds.

    Raises:
        ValueError: If the shapes do not fit or the window is not a positive whole number.

    Source: Beltagy, Peters & Cohan, 2020, section 3.1, arXiv 2004.05150.
    Chapter: Beyond.
    """
    where = "sliding_window_attention"
    check_query_key(where, query, key)
    check_value(where, value, key)
    check_count(where, "window", window)
    num_places = query.shape[-2]
    if key.shape[-2] != num_places:
        raise error(where, "key", f"of as many places as query, {num_places}", describe(key))
    one_batch = query.shape[:-2] == key.shape[:-2] == value.shape[:-2]
    if one_batch and derivative_by_hand_pays(query) and harmless(query, key, value):
        # One batch axis; the loop's blocks overlap, so rows that lie apart are put together once, and not for each.
        three = (rows_in_one_piece(x.reshape(-1, *x.shape[-2:])) for x in (query, key, value))
        plain = partial(_overlapping_blocks, window=window, is_causal=is_causal)
        return WindowLoop.apply(*three, window, is_causal, plain).reshape(value.shape)
    return _overlapping_blocks(query, key, value, window, is_causal)


def _overlapping_blocks(query: Tensor, key: Tensor, value: Tensor, window: int, is_causal: bool) -> Tensor:
    """All blocks at once. The queries are cut into blocks of ``window`` places; the keys any of them may see lie in its
    own block and the ones beside it."""
    num_places = query.shape[-2]
    size = min(window, num_places) if isinstance(num_places, int) else window
    # A graph for any length must not ask whether there is one block: with an empty one there never is.
    num_blocks = -(-num_places // size) if isinstance(num_places, int) else num_places // size + 2
    batch = torch.broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])
    after = num_blocks * size - num_places  # empty places that fill the last block
    beside = 0 if is_causal else size
    blocks = cut(_fill(query, batch, 0, after), size)  # (B, blocks, size, d)
    # Overlapping views, without copies: block b sees the keys of blocks b - 1, b and (not causal) b + 1.
    reach = 2 * size + beside
    keys = _fill(key, batch, size, after + beside).unfold(1, reach, size).transpose(-2, -1)
    values = _fill(value, batch, size, after + beside).unfold(1, reach, size).transpose(-2, -1)

    inside = torch.arange(size, device=query.device)
    step = torch.arange(-size, reach - size, device=query.device)[None, :] - inside[:, None]  # (size, reach)
    band = (step >= -window) & (step <= (0 if is_causal else window))
    key_place = (
        torch.arange(num_blocks, device=query.device)[:, None] * size
        + torch.arange(-size, reach - size, device=query.device)[None, :]
    )  # (blocks, reach): where each block's keys stand; outside of the sequence there are none
    real = (key_place >= 0) & (key_place < num_places)
    if not isinstance(num_places, int):  # a graph is recorded: no branch may ask for the length
        output = fused_attention(blocks, keys, values, band & real[:, None, :]).flatten(1, 2)
        # Not a slice: whether that lies in one piece depends on the length.
        output = output.index_select(1, torch.arange(num_places, device=query.device))
    else:
        # Only the first block and the last two reach over an end. All others share one mask: no N-long mask is made.
        pieces = []
        for start, stop in ((0, 1), (1, max(1, num_blocks - 2)), (max(1, num_blocks - 2), num_blocks)):
            if start < stop:
                inner = start > 0 and stop <= num_blocks - 2
                mask = band if inner else band & real[start:stop, None, :]
                pieces.append(fused_attention(blocks[:, start:stop], keys[:, start:stop], values[:, start:stop], mask))
        output = torch.cat(pieces, dim=1).flatten(1, 2)[:, :num_places]  # (B, N, d_v)
    return output.reshape(*batch, num_places, value.shape[-1])


def _fill(x: Tensor, batch: torch.Size, before: int, after: int) -> Tensor:
    """One batch axis, and empty places before and after: ``(B, before + N + after, d)``."""
    return F.pad(x.expand(*batch, *x.shape[-2:]).reshape(-1, *x.shape[-2:]), (0, 0, before, after))
