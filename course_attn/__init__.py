"""Attention from the ground up: every part of the course's systems, written to be read.

``import course_attn`` loads torch and the core modules. Plotting, widgets and grading load when they are asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from course_attn._version import __version__
from course_attn.attention import attention, fused_attention, kernel_smoother
from course_attn.device import device
from course_attn.masks import causal_mask, combine_masks, padding_mask
from course_attn.normalisers import relu_weights, sigmoid_weights, softmax_weights, sparsemax_weights
from course_attn.scores import (
    AdditiveScore,
    BilinearScore,
    additive_scores,
    bilinear_scores,
    cosine_scores,
    dot_scores,
    scaled_dot_scores,
)

# Names that load a module only when used: module and name in it.
_LAZY = {"check": ("course_attn.grading", "check")}

__all__ = [
    "AdditiveScore",
    "BilinearScore",
    "__version__",
    "additive_scores",
    "attention",
    "bilinear_scores",
    "causal_mask",
    "check",
    "combine_masks",
    "cosine_scores",
    "device",
    "dot_scores",
    "fused_attention",
    "kernel_smoother",
    "padding_mask",
    "relu_weights",
    "scaled_dot_scores",
    "sigmoid_weights",
    "softmax_weights",
    "sparsemax_weights",
]


def __getattr__(name: str) -> Any:
    """Load a lazy name (PEP 562)."""
    if name not in _LAZY:
        raise AttributeError(f"module 'course_attn' has no attribute {name!r}")
    module, attribute = _LAZY[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
