"""Attention for long sequences: what each variant equals or approximates, and at what cost.

========================================================  =========================  =====================
variant                                                   result                     time and memory
========================================================  =========================  =====================
:func:`~course_attn.efficient.sliding_window_attention`   exact, for a band mask     ``N`` times the window
:func:`~course_attn.efficient.linear_attention`           exact, for another kernel  ``N d d_v``
:class:`~course_attn.efficient.Performer`                 softmax, approximately     ``N`` times the features
:class:`~course_attn.efficient.Linformer`                 softmax over fewer keys    ``N`` times those keys
========================================================  =========================  =====================
"""

from course_attn.efficient.linear import elu_plus_one, kernel_weights, linear_attention
from course_attn.efficient.linformer import Linformer, linformer_attention
from course_attn.efficient.performer import Performer, positive_features, random_projection
from course_attn.efficient.window import sliding_window_attention, window_mask

__all__ = [
    "Linformer",
    "Performer",
    "elu_plus_one",
    "kernel_weights",
    "linear_attention",
    "linformer_attention",
    "positive_features",
    "random_projection",
    "sliding_window_attention",
    "window_mask",
]
