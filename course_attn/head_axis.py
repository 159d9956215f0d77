"""The axis of the heads: the width is cut into it, and laid side by side again."""

from __future__ import annotations

from torch import Tensor

from course_attn._checks import check_axes, check_count, check_multiple


def split_heads(x: Tensor, num_heads: int) -> Tensor:
    """Cut the width into heads and put the heads before the places.

    Args:
        x: ``(B, N, h * d)``.
        num_heads: ``h``.

    Returns:
        ``(B, h, N, d)``, a view. Only the width is cut: a ``view`` to ``(B, h, N, d)`` at once would mix places.

    Raises:
        ValueError: If the width is not a multiple of ``num_heads``.

    Chapter: Multi-head attention.
    """
    check_axes("split_heads", "x", x, "B", "N", "D")
    check_count("split_heads", "num_heads", num_heads)
    check_multiple("split_heads", "the width of x", x.shape[-1], num_heads)
    return split(x, num_heads)


def merge_heads(x: Tensor) -> Tensor:
    """Lay the heads side by side again; undoes :func:`split_heads`.

    Args:
        x: ``(B, h, N, d)``.

    Returns:
        ``(B, N, h * d)``.

    Raises:
        ValueError: If ``x`` has not four axes.

    Chapter: Multi-head attention.
    """
    check_axes("merge_heads", "x", x, "B", "h", "N", "d")
    return x.transpose(1, 2).flatten(2)  # (B, N, h, d) -> (B, N, h * d)


def split(x: Tensor, num_heads: int) -> Tensor:
    """:func:`split_heads` for a layer that knows its own shapes: at small sizes, checks would cost a tenth."""
    batch, length, width = x.shape
    x = x.view(batch, length, num_heads, width // num_heads)  # (B, N, h, d)
    return x.transpose(1, 2)  # (B, h, N, d)
