"""Performer: the softmax kernel, approximated by random features that make linear attention possible."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_attn._checks import (
    check_axes,
    check_count,
    check_finite,
    check_query_key,
    check_same_device,
    check_shape,
    check_value,
    describe,
    error,
)
from course_attn._ways import full_precision
from course_attn.efficient.exponents import mix_by_halves, past_alone, shifted
from course_attn.efficient.linear import work_dtype
from course_attn.efficient.mixtures import mix_features, sound


def random_projection(num_features: int, width: int, generator: torch.Generator | None = None) -> Tensor:
    """Directions for random features: orthogonal in blocks of ``width``, of the length of a Gaussian vector.

    Args:
        num_features: ``m``.
        width: ``d``.
        generator: Source of chance; the directions come to lie on its device.

    Returns:
        ``(m, d)``. Each row alone is Gaussian; rows of one block are orthogonal, which lowers the error.

    Raises:
        ValueError: If a size is not a positive whole number.

    Source: Choromanski et al., 2021, section 2.4, arXiv 2009.14794.
    Chapter: Beyond.
    """
    check_count("random_projection", "num_features", num_features)
    check_count("random_projection", "width", width)
    device = None if generator is None else generator.device
    blocks = []
    for _ in range(-(-num_features // width)):
        gaussian = torch.randn(width, width, generator=generator, dtype=torch.float64, device=device)
        directions, triangle = torch.linalg.qr(gaussian)
        # QR fixes signs by convention; those of the triangle's diagonal make the directions uniform.
        blocks.append((directions * triangle.diagonal().sign()).T)
    vectors = torch.randn(num_features, width, generator=generator, dtype=torch.float64, device=device)
    lengths = vectors.norm(dim=1, keepdim=True)
    return (torch.cat(blocks)[:num_features] * lengths).to(torch.get_default_dtype())


def positive_features(x: Tensor, projection: Tensor, shift: Tensor | float = 0.0) -> Tensor:
    r"""Positive random features of the exponential kernel.

    .. math:: \phi(x) = \frac{1}{\sqrt m} \exp\!\left(\Omega x - \tfrac12 \lVert x \rVert^2 - c\right),
        \qquad E[\phi(q) \cdot \phi(k)] = e^{q \cdot k} \text{ for } c = 0

    Args:
        x: ``(..., N, d)``.
        projection: :math:`\Omega`, ``(m, d)``.
        shift: :math:`c`, to be taken off every exponent; a number, or a tensor that broadcasts to the result.

    Returns:
        ``(..., N, m)``, all positive.

    Raises:
        ValueError: If the projection is not ``(m, d)``.

    Source: Choromanski et al., 2021, lemma 1 and equation 7, arXiv 2009.14794.
    Chapter: Beyond.
    """
    check_axes("positive_features", "x", x, "...", "N", "d")
    check_axes("positive_features", "projection", projection, "m", x.shape[-1])
    check_shape("positive_features", "projection", projection, (projection.shape[0], x.shape[-1]), like=x)
    if not isinstance(shift, Tensor):
        check_finite("positive_features", "shift", shift)
    elif shift.dim():
        check_same_device("positive_features", "shift", shift, x, "x's")
    return (_exponent(x, projection) - shift).exp() / projection.shape[0] ** 0.5


def _exponent(x: Tensor, projection: Tensor) -> Tensor:
    return x @ projection.T - x.square().sum(-1, keepdim=True) / 2  # (..., N, m)


class Performer(nn.Module):
    r"""Softmax attention, approximately, in time and memory linear in ``N``.

    The scaled dot product is split evenly, :math:`q, k \to q / d^{1/4}, k / d^{1/4}`; random features of both
    then go through the sums of linear attention. Once there are enough features the error falls as one over
    the root of their number; how many are enough grows with the exponential of the vectors' squared length: sharp
    attention needs very many.

    Args:
        d_head: ``d``.
        num_features: ``m``.
        seed: Of the random directions. They are stored with the weights, and drawn anew by :meth:`redraw`.

    Causal calls take the largest key of all places for every query; where a query's past is too far below it, another
    way is taken, which keeps each query's own: on a CPU, but not in a graph of ``torch.jit.trace``, or of
    ``torch.export`` for any length.

    Raises:
        ValueError: If a size is not a positive whole number; in a call, if shapes do not fit or ``N != M``
            when causal.

    Source: Choromanski et al., 2021, arXiv 2009.14794.
    Chapter: Beyond.
    """

    def __init__(self, d_head: int, num_features: int = 256, seed: int = 0):
        super().__init__()
        check_count("Performer", "d_head", d_head)
        check_count("Performer", "num_features", num_features)
        self.register_buffer("projection", torch.empty(num_features, d_head))
        self.projection: Tensor
        self.redraw(seed)

    def redraw(self, seed: int) -> None:
        """Draw new random directions."""
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise error("Performer", "seed", "a whole number", describe(seed))
        generator = torch.Generator().manual_seed(seed)
        self.projection.copy_(random_projection(len(self.projection), self.projection.shape[1], generator))

    def forward(self, query: Tensor, key: Tensor, value: Tensor, is_causal: bool = False) -> Tensor:
        """Approximate ``attention(query, key, value)[0]``: ``(..., N, d)``, ``(..., M, d)``, ``(..., M, d_v)``."""
        check_query_key("Performer", query, key)
        check_value("Performer", value, key)
        check_axes("Performer", "query", query, "...", "N", self.projection.shape[1])
        check_same_device("Performer", "query", query, self.projection)
        if is_causal and query.shape[-2] != key.shape[-2]:
            wanted = f"of as many places as query, {query.shape[-2]}, when is_causal"
            raise error("Performer", "key", wanted, describe(key))
        dtype, scale = value.dtype, query.shape[-1] ** -0.25
        query, key, value = (x.to(work_dtype(x)) for x in (query, key, value))
        projection = self.projection.to(query.dtype)

        def exponents(query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
            return _exponent(query * scale, projection), _exponent(key * scale, projection)

        with full_precision(query):
            # The factor of the features, and what is taken off their exponents, cancel in the shares.
            output, total = mix_features(*shifted(*exponents(query, key)), value, 64 if is_causal else None)
            if is_causal and not sound(total, None, is_causal):  # the largest keys are still to come
                mix = lambda query, key, value: mix_by_halves(*exponents(query, key), value)  # noqa: E731
                output = past_alone(mix, query, key, value)
        return output.to(dtype)
