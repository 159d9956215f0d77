"""Attention from the ground up: every part of the course's systems, written to be read.

``import course_attn`` loads nothing but itself; each name loads its module, and torch, when it is first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from course_attn._version import __version__

if TYPE_CHECKING:  # what readers of types see of chapter 1
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
    from course_attn.self_attention import (
        SelfAttention,
        self_attention,
        self_attention_by_vectors,
        self_attention_columns,
    )

# Module → the names of it that the package gives.
_NAMES = {
    "attention": ("attention", "fused_attention", "kernel_smoother"),
    "device": ("device",),
    "masks": ("causal_mask", "combine_masks", "padding_mask"),
    "normalisers": ("relu_weights", "sigmoid_weights", "softmax_weights", "sparsemax_weights"),
    "scores": (
        "AdditiveScore",
        "BilinearScore",
        "additive_scores",
        "bilinear_scores",
        "cosine_scores",
        "dot_scores",
        "scaled_dot_scores",
    ),
    "self_attention": (
        "SelfAttention",
        "self_attention",
        "self_attention_by_vectors",
        "self_attention_columns",
    ),
    "recurrent": ("RNN", "LSTM", "linear_rnn", "linear_rnn_as_mixing", "gradient_by_distance"),
    "heads": ("TaggingHead", "PoolingHead", "WindowBaseline"),
    "head_axis": ("split_heads", "merge_heads"),
    "multi_head": ("MultiHeadAttention",),
    "cache": ("KeyValueCache",),
    "recording": ("record_weights",),
    "head_by_head": ("MultiHeadByHeads",),
    "blocks": ("FeedForward", "GatedFeedForward", "EncoderBlock", "DecoderBlock"),
    "transformer": ("TransformerEncoder", "TransformerDecoder", "Transformer", "TokenEmbedding"),
    "language_model": ("CausalLanguageModel",),
    "decoding": ("greedy_decode", "beam_search", "SourceSteps", "PromptSteps"),
    "grading": ("check",),
    "learner": ("submit",),
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [  # noqa: RUF022 - plain alphabet, as test_init wants it
    "AdditiveScore",
    "BilinearScore",
    "CausalLanguageModel",
    "DecoderBlock",
    "EncoderBlock",
    "FeedForward",
    "GatedFeedForward",
    "KeyValueCache",
    "LSTM",
    "MultiHeadAttention",
    "MultiHeadByHeads",
    "PoolingHead",
    "PromptSteps",
    "RNN",
    "SelfAttention",
    "SourceSteps",
    "TaggingHead",
    "TokenEmbedding",
    "Transformer",
    "TransformerDecoder",
    "TransformerEncoder",
    "WindowBaseline",
    "__version__",
    "additive_scores",
    "attention",
    "beam_search",
    "bilinear_scores",
    "causal_mask",
    "check",
    "combine_masks",
    "cosine_scores",
    "device",
    "dot_scores",
    "fused_attention",
    "gradient_by_distance",
    "greedy_decode",
    "kernel_smoother",
    "linear_rnn",
    "linear_rnn_as_mixing",
    "merge_heads",
    "padding_mask",
    "record_weights",
    "relu_weights",
    "scaled_dot_scores",
    "self_attention",
    "self_attention_by_vectors",
    "self_attention_columns",
    "sigmoid_weights",
    "softmax_weights",
    "sparsemax_weights",
    "split_heads",
    "submit",
]


class _Package(ModuleType):
    """Three names are both a module's and its main function's: the function keeps the name.

    Importing ``course_attn.attention`` sets the package's attribute ``attention`` to the module. Without this class
    the meaning of ``course_attn.attention(...)`` would depend on who imported what before.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and _MODULE_OF.get(name) == name:
            value = getattr(value, name)
        super().__setattr__(name, value)


def __getattr__(name: str) -> Any:
    """Load a name's module when the name is first used (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'course_attn' has no attribute {name!r}")
    return getattr(import_module(f"course_attn.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)


sys.modules[__name__].__class__ = _Package
