"""Heads for the three shapes of answer: one for each place (N to N), one for all (N to 1); and the window baseline.

The third shape, a sequence of another length (N to M), is the decoder of :mod:`course_attn.transformer`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn._checks import check_axes, check_choice, check_count, check_mask, error


class TaggingHead(nn.Module):
    """N to N: one answer for each place, by the same linear map everywhere.

    Args:
        d_model: ``D``.
        num_tags: How many answers there are to choose from.

    Raises:
        ValueError: If a size is not a positive whole number; in ``forward``, if a shape does not fit.

    Chapter: Self-attention.
    """

    def __init__(self, d_model: int, num_tags: int):
        super().__init__()
        check_count("TaggingHead", "d_model", d_model)
        check_count("TaggingHead", "num_tags", num_tags)
        self.d_model = d_model
        self.scores = nn.Linear(d_model, num_tags)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, N, D)`` to scores ``(B, N, num_tags)``."""
        check_axes("TaggingHead", "x", x, "B", "N", self.d_model, like=self.scores)
        return self.scores(x)


class PoolingHead(nn.Module):
    """N to 1: one answer for the whole sequence, from the mean of its places or from the first of them.

    Args:
        d_model: ``D``.
        num_classes: How many answers there are to choose from.
        pool: ``"mean"``, or ``"first"`` for a class token in front.

    Raises:
        ValueError: If a size is not a positive whole number or ``pool`` is neither word; in ``forward``, if a shape
            does not fit.

    Source: "first": Devlin et al., 2019, section 3, arXiv 1810.04805.
    Chapter: Self-attention.
    """

    def __init__(self, d_model: int, num_classes: int, pool: str = "mean"):
        super().__init__()
        check_count("PoolingHead", "d_model", d_model)
        check_count("PoolingHead", "num_classes", num_classes)
        check_choice("PoolingHead", "pool", pool, ("mean", "first"))
        self.d_model, self.pool = d_model, pool
        self.scores = nn.Linear(d_model, num_classes)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Pool, then score.

        Args:
            x: ``(B, N, D)``.
            mask: ``(B, 1, N)`` as from :func:`~course_attn.masks.padding_mask`; False places are left out of the
                mean. A sequence with no place at all has the mean 0.

        Returns:
            Scores ``(B, num_classes)``.
        """
        check_axes("PoolingHead", "x", x, "B", "N", self.d_model, like=self.scores)
        if mask is not None:
            check_mask("PoolingHead", mask, (x.shape[0], 1, x.shape[1]), x)
        return self.scores(x[:, 0] if self.pool == "first" else _mean(x, mask))


class WindowBaseline(nn.Module):
    """No attention: each place sees its neighbours in a window, side by side, through one network.

    In "I saw a saw" a window of 1 gives both "saw" one answer. A window as wide as the sentence would tell them apart,
    but the network grows with it, and must learn each word anew at each place of the window.

    Args:
        d_model: ``D``.
        window: How many places it sees, odd: itself and as many on either side. Beyond the ends there are zeros.
        d_hidden: Width of the hidden layer.
        d_output: Width of the output, for example the number of tags.

    Raises:
        ValueError: If a size is not a positive whole number or the window is even; in ``forward``, if a shape does
            not fit.

    Source: Lee Hung-yi, Machine Learning 2021, lecture on self-attention; the network is that of Bengio et al., 2003.
    Chapter: Self-attention.
    """

    def __init__(self, d_model: int, window: int, d_hidden: int, d_output: int):
        super().__init__()
        sizes = {"d_model": d_model, "window": window, "d_hidden": d_hidden, "d_output": d_output}
        for name, size in sizes.items():
            check_count("WindowBaseline", name, size)
        _check_odd("WindowBaseline", window)
        self.d_model, self.window = d_model, window
        self.hidden = nn.Linear(window * d_model, d_hidden)
        self.output = nn.Linear(d_hidden, d_output)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, N, D)`` to ``(B, N, d_output)``."""
        check_axes("WindowBaseline", "x", x, "B", "N", self.d_model, like=self.hidden)
        return self.output(torch.relu(self.hidden(windows(x, self.window))))


def windows(x: Tensor, window: int) -> Tensor:
    """Lay each place's neighbours side by side.

    Args:
        x: ``(B, N, D)``.
        window: How many places, odd.

    Returns:
        ``(B, N, window * D)``: from the leftmost neighbour to the rightmost, zeros beyond the ends.

    Raises:
        ValueError: If ``x`` has not three axes, or the window is not odd and positive.

    Chapter: Self-attention.
    """
    check_axes("windows", "x", x, "B", "N", "D")
    check_count("windows", "window", window)
    _check_odd("windows", window)
    reach = window // 2
    padded = F.pad(x, (0, 0, reach, reach))  # (B, N + window - 1, D)
    return padded.unfold(1, window, 1).transpose(2, 3).flatten(2)  # (B, N, D, window) -> (B, N, window * D)


def _mean(x: Tensor, mask: Tensor | None) -> Tensor:
    """Mean over the places that count, ``(B, N, D)`` to ``(B, D)``."""
    if mask is None:
        return x.mean(1)
    real = mask.expand(x.shape[0], 1, x.shape[1]).transpose(1, 2)  # (B, N, 1)
    # masked_fill, not a product: 0 times inf would be NaN. In float16 a sum over many places would overflow.
    total = x.masked_fill(~real, 0.0).sum(1, dtype=torch.promote_types(x.dtype, torch.float32))
    return (total / real.sum(1).clamp(min=1)).to(x.dtype)


def _check_odd(where: str, window: int) -> None:
    if window % 2 == 0:
        raise error(where, "window", "odd: one place and as many on either side", str(window))
