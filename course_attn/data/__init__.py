"""Data sets and generators that the chapters use. The core never imports them."""

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
