"""Data sets and generators that the chapters use. The core never imports them."""

from course_attn.data.sentence import cat_sentence

__all__ = ["cat_sentence"]
