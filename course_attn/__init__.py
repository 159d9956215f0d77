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
from course_attn.self_attention import (
    SelfAttention,
    self_attention,
    self_attention_by_vectors,
    self_attention_columns,
)

# Names that load a module only when used: module and name in it.
_LAZY = {"check": ("course_attn.grading", "check"), "submit": ("course_attn.learner", "submit")}
_LAZY_MODULES = {
    "recurrent": ("RNN", "LSTM", "linear_rnn", "linear_rnn_as_mixing", "gradient_by_distance"),
    "heads": ("TaggingHead", "PoolingHead", "WindowBaseline"),
    "multi_head": ("MultiHeadAttention", "split_heads", "merge_heads"),
    "cache": ("KeyValueCache",),
    "recording": ("record_weights",),
    "head_by_head": ("MultiHeadByHeads",),
    "blocks": ("FeedForward", "GatedFeedForward", "EncoderBlock", "DecoderBlock"),
    "transformer": ("TransformerEncoder", "TransformerDecoder", "Transformer", "TokenEmbedding"),
    "language_model": ("CausalLanguageModel",),
    "decoding": ("greedy_decode", "beam_search", "SourceSteps", "PromptSteps"),
}
_LAZY |= {name: (f"course_attn.{module}", name) for module, names in _LAZY_MODULES.items() for name in names}

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


def __getattr__(name: str) -> Any:
    """Load a lazy name (PEP 562)."""
    if name not in _LAZY:
        raise AttributeError(f"module 'course_attn' has no attribute {name!r}")
    module, attribute = _LAZY[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
