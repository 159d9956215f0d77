"""Positions along a sequence, added to the embeddings: sines by formula, or a learned table."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from course_attn._checks import (
    check_axes,
    check_count,
    check_dtype,
    check_finite,
    check_multiple,
    check_positive,
    check_same_device,
    error,
)
from course_attn._readable import is_tracing, numbers_can_be_read
from course_attn.positional.by_formula import ByFormula


def sinusoidal_encoding(
    num_positions: int, d_model: int, base: float = 10000.0, *, dtype: torch.dtype | None = None
) -> Tensor:
    r"""Sines and cosines of the position, at wavelengths from :math:`2\pi` to almost :math:`2\pi \cdot`
    ``base``.

    .. math:: PE_{p, 2i} = \sin(\omega_i p), \qquad PE_{p, 2i+1} = \cos(\omega_i p),
        \qquad \omega_i = \mathrm{base}^{-2i/D}

    Args:
        num_positions: ``N``; the formula itself has no end.
        d_model: ``D``, even.
        base: Sets the longest wavelength.
        dtype: Of the result; torch's default if left out. The angles are computed in float64 all the same.

    Returns:
        ``(N, D)``; every row has length :math:`\sqrt{D/2}`.

    Raises:
        ValueError: If a size is not a positive whole number, ``d_model`` is odd, the base is not a positive number, or
            the dtype not a floating-point one.

    Source: Vaswani et al., 2017, section 3.5, arXiv 1706.03762.
    Chapter: Positional encoding.
    """
    check_count("sinusoidal_encoding", "num_positions", num_positions)
    check_dtype("sinusoidal_encoding", dtype)
    encoding = _encoding(num_positions, d_model, base)
    return encoding.to(dtype=dtype or torch.get_default_dtype(), device=torch.get_default_device())


def _encoding(num_positions: int, d_model: int, base: float) -> Tensor:
    """:func:`sinusoidal_encoding` in float64, on the CPU: MPS has no float64."""
    place = torch.arange(num_positions, dtype=torch.float64, device="cpu")
    angle = place[:, None] * frequencies("sinusoidal_encoding", d_model, base)  # (N, D/2)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(-2)  # (N, D/2, 2) -> (N, D): sin, cos, sin, ...


def frequencies(where: str, width: int, base: float) -> Tensor:
    r"""Return :math:`\omega_i = \mathrm{base}^{-2i/\mathrm{width}}` as ``(width / 2,)`` in float64, on the CPU."""
    check_multiple(where, "d_model", width, 2)
    check_positive(where, "base", base)
    check_finite(where, "base", base)
    return base ** (-torch.arange(0, width, 2, dtype=torch.float64, device="cpu") / width)


def shift_matrix(shift: int, d_model: int, base: float = 10000.0) -> Tensor:
    r"""The rotation :math:`R_k` that moves every sinusoidal encoding by ``shift`` places.

    The angle-sum identities, one pair of columns at a time:

    .. math:: \begin{pmatrix} \sin \omega(p+k) \\ \cos \omega(p+k) \end{pmatrix} =
        \begin{pmatrix} \cos \omega k & \sin \omega k \\ -\sin \omega k & \cos \omega k \end{pmatrix}
        \begin{pmatrix} \sin \omega p \\ \cos \omega p \end{pmatrix}

    Args:
        shift: ``k``, of either sign.
        d_model: ``D``, even.
        base: As in :func:`sinusoidal_encoding`.

    Returns:
        ``(D, D)`` in float64 with :math:`PE_{p+k} = R_k\, PE_p` for every ``p``: orthogonal, the same for all
        places, and :math:`R_j R_k = R_{j+k}`.

    Raises:
        ValueError: If ``d_model`` is not even and positive, the base is not positive, or the shift no number.

    Source: Vaswani et al., 2017, section 3.5, arXiv 1706.03762.
    Chapter: Positional encoding.
    """
    check_finite("shift_matrix", "shift", shift)
    angle = shift * frequencies("shift_matrix", d_model, base)
    blocks = [
        torch.tensor([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]], dtype=torch.float64) for a in angle
    ]
    return torch.block_diag(*blocks)


class SinusoidalPositions(ByFormula):
    """Add :func:`sinusoidal_encoding` to embeddings of any length.

    Args:
        d_model: ``D``, even.
        base: Sets the longest wavelength.

    Raises:
        ValueError: If ``d_model`` is not even and positive, or the base is not positive.

    Source: Vaswani et al., 2017, section 3.5, arXiv 1706.03762.
    Chapter: Positional encoding.
    """

    def __init__(self, d_model: int, base: float = 10000.0):
        super().__init__()
        self.d_model, self.base = d_model, base
        self.keep("table")  # grown when a longer sequence comes
        self.table: Tensor

    def formula(self, length: int, dtype: torch.dtype) -> Tensor:
        """So many rows of :func:`sinusoidal_encoding`."""
        return sinusoidal_encoding(length, self.d_model, self.base, dtype=dtype)

    def forward(self, embeddings: Tensor, start: int = 0) -> Tensor:
        """Return ``embeddings (B, N, D)`` plus the encodings of the places ``start`` to ``start + N - 1``."""
        check_axes("SinusoidalPositions", "embeddings", embeddings, "B", "N", self.d_model)
        check_same_device("SinusoidalPositions", "embeddings", embeddings, self.table)
        check_count("SinusoidalPositions", "start", start, least=0)
        end, table = start + embeddings.shape[1], self.table
        recorded = is_tracing() or torch.compiler.is_exporting()
        if recorded or (end > len(table) and not numbers_can_be_read(embeddings)):
            table = _encoding(end, self.d_model, self.base).to(table)  # a graph has its own; it is not kept
        elif end > len(table):
            table = self.table = self.made(2 * end, table)
        return embeddings + table[start:end].to(embeddings.dtype)  # (B, N, D) + (N, D)


class LearnedPositions(nn.Module):
    """Add a learned row to each place. The table ends: place ``max_length`` has no row.

    Args:
        max_length: How many places have a row.
        d_model: ``D``.

    Raises:
        ValueError: If a size is not a positive whole number; in ``forward``, if the sequence is too long.

    Source: Gehring et al., 2017, section 3.1, arXiv 1705.03122; Devlin et al., 2019, arXiv 1810.04805.
    Chapter: Positional encoding.
    """

    def __init__(self, max_length: int, d_model: int):
        super().__init__()
        check_count("LearnedPositions", "max_length", max_length)
        check_count("LearnedPositions", "d_model", d_model)
        # 0.02 as in BERT and ViT: small beside the embeddings, so that training starts almost without
        # positions.
        self.table = nn.Parameter(0.02 * torch.randn(max_length, d_model))

    def forward(self, embeddings: Tensor, start: int = 0) -> Tensor:
        """Return ``embeddings (B, N, D)`` plus the rows of the places ``start`` to ``start + N - 1``."""
        max_length, d_model = self.table.shape
        check_axes("LearnedPositions", "embeddings", embeddings, "B", "N", d_model)
        check_same_device("LearnedPositions", "embeddings", embeddings, self.table)
        check_count("LearnedPositions", "start", start, least=0)
        end = start + embeddings.shape[1]
        if end > max_length:
            raise error(
                "LearnedPositions",
                "embeddings",
                f"of at most {max_length} places",
                f"places {start} to {end - 1}",
                "a learned table ends; see interpolate_positions",
            )
        return embeddings + self.table[start:end].to(embeddings.dtype)  # (B, N, D) + (N, D)
