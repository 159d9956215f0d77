"""Linformer: fewer keys and values, each a learned mixture of all places."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from course_attn._checks import check_axes, check_count, check_query_key, check_value
from course_attn.attention import fused_attention


def linformer_attention(
    query: Tensor, key: Tensor, value: Tensor, project_key: Tensor, project_value: Tensor
) -> Tensor:
    r"""Attention over ``k`` mixtures of the ``M`` keys, :math:`\mathrm{Attention}(Q, E K, F V)`.

    Equal to attention when ``E`` and ``F`` are the identity (or one permutation); for smaller ``k`` it is
    another function, that a trained ``E`` and ``F`` bring near. No mask: a mixture holds all places, future
    and padding too.

    Args:
        query: ``(..., N, d)``.
        key: ``(..., M, d)``.
        value: ``(..., M, d_v)``.
        project_key: ``E``, ``(k, M)``.
        project_value: ``F``, ``(k, M)``.

    Returns:
        Output ``(..., N, d_v)``, in ``N k`` steps instead of ``N M``.

    Raises:
        ValueError: If the shapes do not fit; a matrix for ``M`` places fits no other length.

    Source: Wang et al., 2020, equation 7, arXiv 2006.04768.
    Chapter: Beyond.
    """
    where = "linformer_attention"
    check_query_key(where, query, key)
    check_value(where, value, key)
    advice = "the projection fixes the length of the sequence"
    check_axes(where, "project_key", project_key, "k", key.shape[-2], advice=advice)
    check_axes(where, "project_value", project_value, project_key.shape[0], key.shape[-2], advice=advice)
    check_axes(where, "key", key, "...", "M", "d", like=project_key)
    check_axes(where, "value", value, "...", "M", "d_v", like=project_value)
    return fused_attention(query, project_key @ key, project_value @ value)


class Linformer(nn.Module):
    """:func:`linformer_attention` with learned mixtures.

    Args:
        num_places: ``M``, the one length it works for.
        num_mixtures: ``k``.
        share: One matrix for keys and values.

    Raises:
        ValueError: If a size is not a positive whole number; in a call, if there are not ``num_places`` keys.

    Source: Wang et al., 2020, section 4, arXiv 2006.04768.
    Chapter: Beyond.
    """

    def __init__(self, num_places: int, num_mixtures: int, share: bool = False):
        super().__init__()
        check_count("Linformer", "num_places", num_places)
        check_count("Linformer", "num_mixtures", num_mixtures)
        # Variance 1 / k, as in the paper's proof: dot products keep their size on average.
        self.project_key = nn.Parameter(torch.randn(num_mixtures, num_places) / math.sqrt(num_mixtures))
        self.project_value = (
            self.project_key if share else nn.Parameter(torch.randn(num_mixtures, num_places) / math.sqrt(num_mixtures))
        )

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Return ``(..., N, d_v)`` for ``(..., N, d)``, ``(..., M, d)`` and ``(..., M, d_v)``."""
        return linformer_attention(query, key, value, self.project_key, self.project_value)
