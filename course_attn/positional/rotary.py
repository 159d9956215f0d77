"""Rotary positions: turn queries and keys, so that their dot product sees only the distance."""

from __future__ import annotations

import torch
from torch import Tensor

from course_attn._checks import check_axes, check_choice, check_same_device, describe, error
from course_attn._readable import numbers_can_be_read
from course_attn.positional.absolute import frequencies


class Rotary:
    r"""Rotate each pair of a vector's entries by the place times the pair's frequency.

    .. math:: \begin{pmatrix} x'_a \\ x'_b \end{pmatrix} =
        \begin{pmatrix} \cos \omega_i p & -\sin \omega_i p \\ \sin \omega_i p & \cos \omega_i p \end{pmatrix}
        \begin{pmatrix} x_a \\ x_b \end{pmatrix}, \qquad \omega_i = \mathrm{base}^{-2i/d}

    For rotated :math:`q` at place :math:`m` and :math:`k` at place :math:`n` the dot product is
    :math:`q^\top R_{n-m} k`: it knows the distance, not the places. Values are not rotated.

    Args:
        d_head: ``d``, even.
        base: Sets the longest wavelength.
        layout: Which entries make a pair: ``"interleaved"`` takes neighbours (0, 1), (2, 3), ...;
            ``"halves"`` takes (0, d/2), (1, d/2 + 1), ... Weights trained with one do not work with the
            other.

    Raises:
        ValueError: If ``d_head`` is not even and positive, or the layout is neither of the two.

    Source: Su et al., 2021, equation 34, arXiv 2104.09864 (interleaved); "halves" is the layout of GPT-NeoX
        and Llama weights as Hugging Face stores them.
    Chapter: Positional encoding.
    """

    def __init__(self, d_head: int, base: float = 10000.0, layout: str = "interleaved"):
        check_choice("Rotary", "layout", layout, ("interleaved", "halves"))
        self.d_head, self.layout = d_head, layout
        self._frequencies = frequencies("Rotary", d_head, base)  # (d/2,), float64
        self._table = self._cos_sin(torch.arange(1), torch.get_default_dtype())

    def rotate(self, x: Tensor, positions: Tensor | None = None) -> Tensor:
        """Turn every row of ``x`` by its place.

        Args:
            x: ``(..., N, d)``, queries or keys.
            positions: ``(N,)``, the place of each row; 0, 1, 2, ... if left out.

        Returns:
            ``(..., N, d)``; the length of every row is unchanged.

        Raises:
            ValueError: If ``x`` is not ``d_head`` wide, or there is not one place for each row, on the device of ``x``.
        """
        check_axes("Rotary.rotate", "x", x, "...", "N", self.d_head, advice="rotate after splitting into heads")
        if positions is None:
            cos, sin = self._first_places(x)
        else:
            if not isinstance(positions, Tensor) or tuple(positions.shape) != (x.shape[-2],):
                raise error("Rotary.rotate", "positions", f"of shape ({x.shape[-2]},)", describe(positions))
            check_same_device("Rotary.rotate", "positions", positions, x, "x's")
            cos, sin = self._cos_sin(positions, x.dtype)  # (N, d/2)
        if self.layout == "interleaved":
            a, b = x[..., 0::2], x[..., 1::2]  # (..., N, d/2)
            return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)  # (..., N, d)
        a, b = x.chunk(2, dim=-1)
        return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)

    def _first_places(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines of places 0 to N - 1, kept from call to call and grown when needed."""
        cos, sin = self._table
        num_places = x.shape[-2]
        if not numbers_can_be_read(x):  # a recorded graph grows its own; what it computes is not kept
            return self._cos_sin(torch.arange(num_places, device=x.device), x.dtype)
        if len(cos) < num_places or cos.dtype != x.dtype or cos.device != x.device:
            with torch.inference_mode(False):  # the table outlives this call: training may use it next
                cos, sin = self._table = self._cos_sin(torch.arange(num_places, device=x.device), x.dtype)
        return cos[:num_places], sin[:num_places]

    def _cos_sin(self, positions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        # float32 at least: in half precision the angle itself would be off by whole turns. MPS has no
        # float64.
        work = torch.float64 if dtype == torch.float64 else torch.float32
        angle = positions.to(work)[:, None] * self._frequencies.to(device=positions.device, dtype=work)
        return angle.cos().to(dtype), angle.sin().to(dtype)
