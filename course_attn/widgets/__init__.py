"""Figures that answer: each is a Python class, a JavaScript file that computes and draws, and a style sheet."""

from course_attn.widgets.field_of_pixel import ReceptiveField
from course_attn.widgets.head_browser import HeadBrowser
from course_attn.widgets.key_match import KeyMatch
from course_attn.widgets.patch_attention import PatchAttention
from course_attn.widgets.position_waves import PositionWaves
from course_attn.widgets.sentence_attention import SentenceAttention
from course_attn.widgets.soft_lookup import SoftLookup

__all__ = [
    "HeadBrowser",
    "KeyMatch",
    "PatchAttention",
    "PositionWaves",
    "ReceptiveField",
    "SentenceAttention",
    "SoftLookup",
]
