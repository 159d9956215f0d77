"""Tasks that are made up as they are needed: copy, reverse, and finding the odd one of a set."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from course_attn._checks import check_count, error


class Tokens(NamedTuple):
    """Token numbers in and out, both ``(B, N)`` int64."""

    source: Tensor
    target: Tensor


def copy_batch(generator: torch.Generator, count: int, length: int, vocabulary: int) -> Tokens:
    """Random tokens, to be repeated unchanged.

    Args:
        generator: Source of the randomness. The batch comes to lie on its device, usually the CPU.
        count: ``B``.
        length: ``N``.
        vocabulary: Number of different tokens.

    Raises:
        ValueError: If a size is not a positive whole number.
    """
    _check("copy_batch", count=count, length=length, vocabulary=vocabulary)
    source = torch.randint(vocabulary, (count, length), generator=generator, device=generator.device)
    return Tokens(source, source.clone())


def reverse_batch(generator: torch.Generator, count: int, length: int, vocabulary: int) -> Tokens:
    """Random tokens, to be repeated back to front. Arguments and errors as :func:`copy_batch`."""
    source, _ = copy_batch(generator, count, length, vocabulary)
    return Tokens(source, source.flip(-1))


class OddOnes(NamedTuple):
    """Sets of vectors ``(B, N, width)`` and which of each set does not belong, ``(B,)`` int64."""

    vectors: Tensor
    odd: Tensor


def odd_one_batch(generator: torch.Generator, count: int, size: int, width: int, spread: float = 0.5) -> OddOnes:
    """Sets in which all vectors but one are near a common centre; order carries no information.

    Args:
        generator: Source of the randomness. The batch comes to lie on its device, usually the CPU.
        count: ``B``.
        size: ``N``, at least 3 (of two, neither is odd).
        width: Numbers in a vector.
        spread: Distance scale of the ordinary vectors from their centre, where centres have scale 1.

    Raises:
        ValueError: If a size does not fit.
    """
    _check("odd_one_batch", count=count, size=size, width=width)
    if size < 3:
        raise error("odd_one_batch", "size", "at least 3", str(size), "of two, neither is odd")
    centre = torch.randn(count, 1, width, generator=generator, device=generator.device)
    stranger = torch.randn(count, 1, width, generator=generator, device=generator.device)
    odd = torch.randint(size, (count,), generator=generator, device=generator.device)
    is_odd = (torch.arange(size, device=odd.device) == odd[:, None])[..., None]  # (B, N, 1)
    noise = spread * torch.randn(count, size, width, generator=generator, device=generator.device)
    return OddOnes(torch.where(is_odd, stranger, centre) + noise, odd)


def _check(where: str, **sizes: int) -> None:
    for name, size in sizes.items():
        check_count(where, name, size)
