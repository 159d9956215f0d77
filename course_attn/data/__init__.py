"""Data sets and generators that the chapters use. The core never imports them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_attn.data.graphs import Graph, karate_club, southern_women
    from course_attn.data.images import Images, fashion_mnist, mnist_5k, photo
    from course_attn.data.sentence import cat_sentence
    from course_attn.data.synthetic import copy_batch, odd_one_batch, reverse_batch
    from course_attn.data.text import (
        date_pairs,
        number_words,
        pronunciations,
        tagged_sentences,
    )

__all__ = [
    "Graph",
    "Images",
    "cat_sentence",
    "copy_batch",
    "date_pairs",
    "fashion_mnist",
    "karate_club",
    "mnist_5k",
    "number_words",
    "odd_one_batch",
    "photo",
    "pronunciations",
    "reverse_batch",
    "southern_women",
    "tagged_sentences",
]
_MODULES = ("graphs", "images", "sentence", "synthetic", "text")


def __getattr__(name: str) -> Any:
    """Load the modules when a name is first used: where torch is lacking, `python -m course_attn.data` can say so."""
    if name in __all__:
        for module in map(import_module, (f"{__name__}.{module}" for module in _MODULES)):
            if name in vars(module):
                return vars(module)[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
