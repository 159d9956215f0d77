"""Positions on a grid of patches, and how to carry a table of positions to another length or grid."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn._checks import check_axes, check_count, check_multiple, check_pair, check_same_device, describe, error
from course_attn.positional.absolute import sinusoidal_encoding
from course_attn.positional.by_formula import ByFormula


def sines_2d(
    height: int, width: int, d_model: int, base: float = 10000.0, *, dtype: torch.dtype | None = None
) -> Tensor:
    """Sinusoidal encoding of a grid: the first half of the columns encodes the row, the second half the
    column.

    Args:
        height: ``H``, rows of the grid.
        width: ``W``, columns of the grid.
        d_model: ``D``, a multiple of 4.
        base: As in :func:`~course_attn.positional.absolute.sinusoidal_encoding`.
        dtype: As there.

    Returns:
        ``(H W, D)``, row by row: place ``(y, x)`` is row ``y * W + x``.

    Raises:
        ValueError: If a size is not a positive whole number or ``d_model`` is no multiple of 4.

    Source: Parmar et al., 2018, section 3.1, arXiv 1802.05751; Carion et al., 2020, appendix A.4, arXiv
        2005.12872.
    Chapter: Positional encoding.
    """
    check_multiple("sines_2d", "d_model", d_model, 4)
    rows = sinusoidal_encoding(height, d_model // 2, base, dtype=dtype)  # (H, D/2)
    columns = sinusoidal_encoding(width, d_model // 2, base, dtype=dtype)  # (W, D/2)
    return _join(rows, columns)


def _join(rows: Tensor, columns: Tensor) -> Tensor:
    """Place ``(y, x)`` gets row ``y`` of the one beside row ``x`` of the other: ``(H W, D)``."""
    height, width = len(rows), len(columns)
    rows = rows[:, None].expand(height, width, -1)
    columns = columns[None, :].expand(height, width, -1)
    return torch.cat([rows, columns], dim=-1).flatten(0, 1)  # (H, W, D) -> (H W, D)


class Sines2d(ByFormula):
    """Add :func:`sines_2d` to the tokens of a grid.

    Args:
        grid: ``(height, width)`` in patches.
        d_model: ``D``, a multiple of 4.
        num_prefix: Tokens in front (the class token) that stand nowhere and are left as they are.

    Raises:
        ValueError: As :func:`sines_2d`; in ``forward``, for any length but the grid's.

    Chapter: Positional encoding.
    """

    def __init__(self, grid: tuple[int, int], d_model: int, num_prefix: int = 0):
        check_pair("Sines2d", "grid", grid)
        check_count("Sines2d", "num_prefix", num_prefix, least=0)
        super().__init__()
        self.grid, self.d_model, self.num_prefix = grid, d_model, num_prefix
        self.keep("table")
        self.table: Tensor

    def formula(self, length: int, dtype: torch.dtype) -> Tensor:
        """The grid's rows below zeros for the prefix, ``(num_prefix + H W, D)``."""
        return F.pad(sines_2d(*self.grid, self.d_model, dtype=dtype), (0, 0, self.num_prefix, 0))

    def forward(self, tokens: Tensor) -> Tensor:
        """Return ``tokens (B, N, D)`` plus their positions."""
        check_axes("Sines2d", "tokens", tokens, "B", *self.table.shape, advice="the grid fixes the number of tokens")
        check_same_device("Sines2d", "tokens", tokens, self.table)
        return tokens + self.table.to(tokens.dtype)


class Learned2d(nn.Module):
    """Add a learned row for the place's row beside a learned row for its column: ``H + W`` rows instead of
    ``H W``.

    Args:
        grid: ``(height, width)`` in patches.
        d_model: ``D``, even.
        num_prefix: Tokens in front (the class token) that stand nowhere and are left as they are.

    Raises:
        ValueError: If a size is not a positive whole number or ``d_model`` is odd; in ``forward``, for any
            length but the grid's.

    Source: Dosovitskiy et al., 2021, appendix D.4, arXiv 2010.11929; Carion et al., 2020 (code), arXiv
        2005.12872.
    Chapter: Positional encoding.
    """

    def __init__(self, grid: tuple[int, int], d_model: int, num_prefix: int = 0):
        super().__init__()
        check_pair("Learned2d", "grid", grid)
        check_count("Learned2d", "num_prefix", num_prefix, least=0)
        check_multiple("Learned2d", "d_model", d_model, 2)
        self.num_prefix = num_prefix
        self.rows = nn.Parameter(0.02 * torch.randn(grid[0], d_model // 2))
        self.columns = nn.Parameter(0.02 * torch.randn(grid[1], d_model // 2))

    def forward(self, tokens: Tensor) -> Tensor:
        """Return ``tokens (B, N, D)`` plus their positions."""
        table = F.pad(_join(self.rows, self.columns), (0, 0, self.num_prefix, 0))  # (num_prefix + H W, D)
        check_axes("Learned2d", "tokens", tokens, "B", *table.shape, advice="the grid fixes the number of tokens")
        check_same_device("Learned2d", "tokens", tokens, table)
        return tokens + table.to(tokens.dtype)


def interpolate_positions(
    table: Tensor, old: int | tuple[int, int], new: int | tuple[int, int], num_prefix: int = 0
) -> Tensor:
    """Stretch a table of positions to another length (linearly) or another grid (bicubically).

    Args:
        table: ``(num_prefix + places, D)``; ``num_prefix`` rows (the class token's) come first.
        old: Places of the table: a length, or ``(height, width)``.
        new: Places wanted, of the same kind.
        num_prefix: Rows in front that are kept as they are.

    Returns:
        ``(num_prefix + new places, D)``. With ``new == old`` the table itself, exactly.

    Raises:
        ValueError: If ``old`` does not count the table's rows, or ``new`` is of another kind.

    Source: Dosovitskiy et al., 2021, section 3.2, arXiv 2010.11929; bicubic as in Touvron et al., 2021, arXiv
        2012.12877.
    Chapter: Vision transformer.
    """
    where = "interpolate_positions"
    check_axes(where, "table", table, "places", "D")
    check_count(where, "num_prefix", num_prefix, least=0)
    if isinstance(old, int):
        check_count(where, "new", new)
        places = old
    else:
        check_pair(where, "old", old)
        check_pair(where, "new", new)
        places = old[0] * old[1]
    if num_prefix + places != len(table):
        raise error(where, "table", f"of {num_prefix} + {places} rows", describe(table), "is the class token counted?")
    if old == new:
        return table
    prefix, body = table[:num_prefix], table[num_prefix:]
    work = torch.promote_types(table.dtype, torch.float32)  # half precision has no bicubic kernel everywhere
    channels = body.T[None].to(work)  # (1, D, places)
    if isinstance(old, int):
        stretched = F.interpolate(channels, size=new, mode="linear", align_corners=False)  # (1, D, new)
    else:
        stretched = F.interpolate(channels.unflatten(-1, tuple(old)), size=new, mode="bicubic", align_corners=False)
    return torch.cat([prefix, stretched.flatten(2)[0].T.to(table.dtype)])  # (num_prefix + new places, D)
