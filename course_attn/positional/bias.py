"""Positions as a number added to each score: how far apart are query and key?

Every class here is called ``bias(num_queries, num_keys)`` and returns ``(h, N, M)``, one matrix for each
head. As in :func:`~course_attn.masks.causal_mask`, the last query stands at the last key.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from course_attn._checks import check_count, check_device, check_dtype, check_multiple, check_pair, describe, error
from course_attn.positional.by_formula import ByFormula


def relative_distance(num_queries: int, num_keys: int, *, device: torch.device | str | None = None) -> Tensor:
    """How far key ``j`` stands after query ``i``.

    Args:
        num_queries: ``N``.
        num_keys: ``M``; the last query stands at the last key.
        device: Where the result lives.

    Returns:
        Whole numbers ``(N, M)``: ``j - (i + M - N)``, negative for the past.

    Raises:
        ValueError: If a size is not a positive whole number.

    Chapter: Positional encoding.
    """
    check_count("relative_distance", "num_queries", num_queries)
    check_count("relative_distance", "num_keys", num_keys)
    check_device("relative_distance", device)
    query_place = torch.arange(num_keys - num_queries, num_keys, device=device)
    return torch.arange(num_keys, device=device)[None, :] - query_place[:, None]  # (N, M)


class RelativeBias(nn.Module):
    """One learned number for each head and each distance; distances beyond ``max_distance`` share the last.

    Args:
        num_heads: ``h``.
        max_distance: Largest distance, to either side, with a number of its own.

    Raises:
        ValueError: If a size is not a positive whole number.

    Source: after Shaw, Uszkoreit & Vaswani, 2018, section 3.2 (the clipping), arXiv 1803.02155; Raffel et
        al., 2020, section 2.1 (a number instead of a vector), arXiv 1910.10683.
    Chapter: Positional encoding.
    """

    def __init__(self, num_heads: int, max_distance: int):
        super().__init__()
        check_count("RelativeBias", "num_heads", num_heads)
        check_count("RelativeBias", "max_distance", max_distance)
        self.max_distance = max_distance
        # Zeros: training starts from attention without positions.
        self.table = nn.Parameter(torch.zeros(num_heads, 2 * max_distance + 1))

    def forward(self, num_queries: int, num_keys: int) -> Tensor:
        """Return the bias ``(h, N, M)``."""
        distance = relative_distance(num_queries, num_keys, device=self.table.device)
        clipped = distance.clamp(-self.max_distance, self.max_distance)
        return self.table[:, clipped + self.max_distance]  # (h, N, M)


def t5_buckets(distance: Tensor, num_buckets: int = 32, max_distance: int = 128, two_sided: bool = True) -> Tensor:
    """Number the distances: near ones each have a bucket, far ones share buckets that grow like a logarithm.

    Args:
        distance: Whole numbers of any shape, as from :func:`relative_distance`.
        num_buckets: How many buckets there are, a multiple of 4 (two-sided) or 2.
        max_distance: From here on everything is in the last bucket.
        two_sided: Half of the buckets for keys after the query. If False, those count as distance 0.

    Returns:
        Whole numbers from 0 to ``num_buckets - 1``, of the shape of ``distance``.

    Raises:
        ValueError: If the distances are not whole numbers, ``num_buckets`` does not divide as said, or
            ``max_distance`` leaves no room for the far ones.

    Source: Raffel et al., 2020, section 2.1, arXiv 1910.10683; the formula is that of its published code.
    Chapter: Positional encoding.
    """
    check_multiple("t5_buckets", "num_buckets", num_buckets, 4 if two_sided else 2)
    check_count("t5_buckets", "max_distance", max_distance)
    if not isinstance(distance, Tensor) or distance.dtype not in (torch.int64, torch.int32):
        raise error("t5_buckets", "distance", "a tensor of whole numbers", describe(distance))
    one_side = num_buckets // 2 if two_sided else num_buckets
    near = one_side // 2  # distances below this have a bucket each
    if max_distance <= near:
        raise error("t5_buckets", "max_distance", f"above {near}, where the shared buckets begin", str(max_distance))
    after = (distance > 0) * one_side if two_sided else torch.zeros_like(distance)
    steps = distance.abs() if two_sided else (-distance).clamp(min=0)
    # In [near, max_distance) the logarithm runs from 0 to 1, and its buckets from `near` to `one_side`.
    log = torch.log(steps.clamp(min=1) / near) / math.log(max_distance / near)
    far = (near + (log * (one_side - near)).long()).clamp(max=one_side - 1)
    return after + torch.where(steps < near, steps, far)


class BucketBias(nn.Module):
    """One learned number for each head and each bucket of :func:`t5_buckets`.

    Args:
        num_heads: ``h``.
        num_buckets: See :func:`t5_buckets`.
        max_distance: See :func:`t5_buckets`.
        two_sided: See :func:`t5_buckets`; False in a causal decoder.

    Raises:
        ValueError: As :func:`t5_buckets`.

    Source: Raffel et al., 2020, section 2.1, arXiv 1910.10683.
    Chapter: Positional encoding.
    """

    def __init__(self, num_heads: int, num_buckets: int = 32, max_distance: int = 128, two_sided: bool = True):
        super().__init__()
        check_count("BucketBias", "num_heads", num_heads)
        t5_buckets(torch.zeros(1, dtype=torch.long), num_buckets, max_distance, two_sided)  # raises now, not later
        self.num_buckets, self.max_distance, self.two_sided = num_buckets, max_distance, two_sided
        self.table = nn.Parameter(torch.zeros(num_heads, num_buckets))

    def forward(self, num_queries: int, num_keys: int) -> Tensor:
        """Return the bias ``(h, N, M)``."""
        distance = relative_distance(num_queries, num_keys, device=self.table.device)
        return self.table[:, t5_buckets(distance, self.num_buckets, self.max_distance, self.two_sided)]  # (h, N, M)


def alibi_slopes(num_heads: int, *, dtype: torch.dtype | None = None) -> Tensor:
    r"""One slope for each head: :math:`2^{-8 i / h}` for :math:`i = 1 \dots h` when ``h`` is a power of two.

    For other ``h``, the slopes of the power of two below, then every second slope of the one above.

    Args:
        num_heads: ``h``.
        dtype: Of the result; torch's default if left out.

    Returns:
        ``(h,)``, all between 0 and 1.

    Raises:
        ValueError: If ``num_heads`` is not a positive whole number, or the dtype not a floating-point one.

    Source: Press, Smith & Lewis, 2022, section 3 (and its code, for other ``h``), arXiv 2108.12409.
    Chapter: Positional encoding.
    """
    check_count("alibi_slopes", "num_heads", num_heads)
    check_dtype("alibi_slopes", dtype)

    def geometric(count: int) -> list[float]:
        return [2 ** (-8 * i / count) for i in range(1, count + 1)]

    below = 2 ** int(math.log2(num_heads))
    return torch.tensor(geometric(below) + geometric(2 * below)[::2][: num_heads - below], dtype=dtype)


class AlibiBias(ByFormula):
    r"""Attention with linear biases: :math:`-m_h \lvert i - j \rvert`, nothing learned.

    Args:
        num_heads: ``h``.

    Raises:
        ValueError: If ``num_heads`` is not a positive whole number.

    Source: Press, Smith & Lewis, 2022, section 3, arXiv 2108.12409. The paper's model is causal; without a
        causal mask the bias here falls off to both sides.
    Chapter: Positional encoding.
    """

    def __init__(self, num_heads: int):
        super().__init__()
        self.num_heads = num_heads
        self.keep("slopes")
        self.slopes: Tensor

    def formula(self, length: int, dtype: torch.dtype) -> Tensor:
        """The slopes, ``(h,)``."""
        return alibi_slopes(self.num_heads, dtype=dtype)

    def forward(self, num_queries: int, num_keys: int) -> Tensor:
        """Return the bias ``(h, N, M)``."""
        distance = relative_distance(num_queries, num_keys, device=self.slopes.device).abs()
        return -self.slopes[:, None, None] * distance  # (h, N, M)


class RelativeBias2d(ByFormula):
    """On a grid of patches: one learned number for each head and each step (rows, columns) from query to key.

    Args:
        num_heads: ``h``.
        grid: ``(height, width)`` in patches.
        num_prefix: Tokens in front that stand nowhere on the grid (the class token); each pair with one of
            them has a number that does not depend on the place: from it, to it, and among them.

    Raises:
        ValueError: If a size is not a positive whole number; in ``forward``, for any length but the grid's.

    Source: after Liu et al., 2021, equation 4, arXiv 2103.14030; the class token's three numbers as in Bao et
        al., 2022 (code), arXiv 2106.08254.
    Chapter: Vision transformer.
    """

    def __init__(self, num_heads: int, grid: tuple[int, int], num_prefix: int = 0):
        check_count("RelativeBias2d", "num_heads", num_heads)
        check_pair("RelativeBias2d", "grid", grid)
        check_count("RelativeBias2d", "num_prefix", num_prefix, least=0)
        super().__init__()
        self.grid, self.num_prefix, self.length = grid, num_prefix, num_prefix + grid[0] * grid[1]
        self.keep("index")
        self.index: Tensor
        steps = (2 * grid[0] - 1) * (2 * grid[1] - 1)
        self.table = nn.Parameter(torch.zeros(num_heads, steps + (3 if num_prefix else 0)))

    def formula(self, length: int, dtype: torch.dtype) -> Tensor:
        """Which of the learned numbers each pair of tokens has, whole numbers ``(N, N)``."""
        (height, width), num_prefix = self.grid, self.num_prefix
        row = torch.arange(height).repeat_interleave(width)  # (H W,): the row of each patch
        column = torch.arange(width).repeat(height)
        rows = row[None, :] - row[:, None] + height - 1  # (H W, H W), from 0 to 2 H - 2
        columns = column[None, :] - column[:, None] + width - 1
        steps = (2 * height - 1) * (2 * width - 1)
        index = torch.empty(self.length, self.length, dtype=torch.long)
        index[num_prefix:, num_prefix:] = rows * (2 * width - 1) + columns
        index[:num_prefix, :] = steps  # a prefix token asks
        index[:, :num_prefix] = steps + 1  # a prefix token is asked
        index[:num_prefix, :num_prefix] = steps + 2
        return index

    def forward(self, num_queries: int, num_keys: int) -> Tensor:
        """Return the bias ``(h, N, N)``."""
        if (num_queries, num_keys) != (self.length, self.length):
            raise error(
                "RelativeBias2d",
                "num_queries and num_keys",
                f"the grid's {self.length} tokens",
                f"{num_queries} and {num_keys}",
            )
        return self.table[:, self.index]  # (h, N, N)
