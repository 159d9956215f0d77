"""Losses and measures."""

from __future__ import annotations

import torch
from torch import Tensor

from course_attn._checks import check_between, check_floating, check_same_device, describe, error
from course_attn._numbers import check_numbers
from course_attn._readable import numbers_can_be_read


def smoothed_cross_entropy(logits: Tensor, target: Tensor, smoothing: float = 0.0, ignore: int = -100) -> Tensor:
    r"""Cross-entropy against a target that leaves a little for every class.

    The target distribution gives :math:`1 - \varepsilon` to the right class and spreads :math:`\varepsilon` evenly
    over all ``C`` classes, so :math:`L = -(1-\varepsilon) \log p_y - \frac{\varepsilon}{C} \sum_c \log p_c`, averaged
    over the targets that are not ignored.

    Args:
        logits: ``(..., C)``.
        target: Class numbers, ``(...)``.
        smoothing: :math:`\varepsilon` in [0, 1).
        ignore: Targets with this number do not count (padding).

    Returns:
        The mean loss, a scalar; 0 if every target is ignored.

    Raises:
        ValueError: If the shapes do not fit, a target is no class, or the smoothing is outside [0, 1).

    Source: Szegedy et al., 2016, section 7, arXiv 1512.00567.
    Chapter: The Transformer.
    Differs from torch: the mean over nothing is 0, not NaN.
    """
    where = "smoothed_cross_entropy"
    real = _check(where, logits, target, ignore)
    check_between(where, "smoothing", smoothing, 0.0, 1.0)
    log_p = torch.log_softmax(logits, dim=-1)  # (..., C)
    right = log_p.gather(-1, target.masked_fill(~real, 0)[..., None])[..., 0]  # (...)
    losses = -(1 - smoothing) * right - smoothing * log_p.mean(-1)
    return losses.masked_fill(~real, 0.0).sum() / real.sum().clamp(min=1)


def accuracy(logits: Tensor, target: Tensor, ignore: int = -100) -> float:
    """Share of targets whose class has the largest logit.

    Args:
        logits: ``(..., C)``.
        target: Class numbers, ``(...)``.
        ignore: Targets with this number do not count.

    Returns:
        A number from 0 to 1.

    Raises:
        ValueError: If the shapes do not fit, a target is no class, or no target counts.
    """
    real = _check("accuracy", logits, target, ignore)
    check_numbers("accuracy", "logits", logits)
    check_numbers("accuracy", "target", target)
    if not real.any():
        raise error("accuracy", "target", "of at least one entry that is not ignored", f"only {ignore}")
    return (logits.argmax(-1) == target)[real].float().mean().item()


def _check(where: str, logits: Tensor, target: Tensor, ignore: int) -> Tensor:
    """Return which targets count."""
    check_floating(where, "logits", logits)
    if not isinstance(target, Tensor) or target.dtype != torch.int64 or target.shape != logits.shape[:-1]:
        raise error(where, "target", f"int64 of shape {tuple(logits.shape[:-1])}", describe(target))
    check_same_device(where, "target", target, logits, "the logits'")
    real = target != ignore
    classes = logits.shape[-1]
    if numbers_can_be_read(real) and bool((real & ((target < 0) | (target >= classes))).any()):
        raise error(
            where,
            "target",
            f"between 0 and {classes - 1}, or {ignore} to ignore",
            f"up to {int(target.max())}",
        )
    return real
