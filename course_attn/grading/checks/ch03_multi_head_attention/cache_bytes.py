"""Checks of `cache_bytes`: the right numbers are read from the package's own cache."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.cache import KeyValueCache
from course_attn.grading.diagnosis import compare_number, parts
from course_attn.grading.student import Student

LAYERS, HEADS, WIDTH, TOKENS, SIZE = 30, 9, 64, 2048, 2
MIB = 2**20


def truth(num_kv_heads: int) -> float:
    """Reserved without memory behind it, and multiplied by the layers."""
    cache = KeyValueCache(1, TOKENS, num_kv_heads, WIDTH, dtype=torch.bfloat16, device="meta")
    return LAYERS * cache.bytes / MIB


SUSPECTS: dict[str, Callable[[int], float]] = {
    "only the keys are counted: the values are kept too": lambda g: truth(g) / 2,
    "one layer is counted: all 30 keep their own": lambda g: truth(g) / LAYERS,
    "the numbers are counted, not their bytes: each takes 2": lambda g: truth(g) / SIZE,
    "a number is taken to have 4 bytes, as in float32": lambda g: truth(g) * 2,
    "millions of bytes are given: a MiB is 2²⁰ = 1 048 576 bytes": lambda g: truth(g) * MIB / 1e6,
    "bytes are given, not MiB": lambda g: truth(g) * MIB,
    "one token is counted: there are 2 048": lambda g: truth(g) / TOKENS,
    "weights are counted, tokens × tokens: the cache holds rows of keys and values": lambda g: (
        LAYERS * g * TOKENS * TOKENS * SIZE / MIB
    ),
    "the queries are counted too: they are used once and never kept": lambda g: (
        truth(g) + LAYERS * HEADS * TOKENS * WIDTH * SIZE / MIB
    ),
}
FEWER: dict[str, Callable[[int], float]] = {
    "the number of query heads is used: only heads with keys and values of their own are kept": lambda g: truth(HEADS),
    "the heads of a group are counted, not the groups": lambda g: truth(HEADS // g) if g > 1 else -1.0,
}


def judge(student: Student, place: int, num_kv_heads: int, suspects: dict[str, Callable[[int], float]]) -> None:
    """Compare one of the three predictions."""
    result = student()
    if isinstance(result, Tensor):
        result = result.tolist()
    got = parts("three numbers", result, 3)[place]
    numbers = {text: wrong(num_kv_heads) for text, wrong in suspects.items()}
    compare_number(f"prediction {place + 1} in MiB", got, truth(num_kv_heads), numbers, tolerance=1e-3, reveal=False)


def test_all_heads(student: Student) -> None:
    """All nine heads with keys and values of their own."""
    judge(student, 0, HEADS, SUSPECTS)


def test_grouped(student: Student) -> None:
    """Three heads, as the model has them."""
    judge(student, 1, 3, FEWER | SUSPECTS)


def test_one_head(student: Student) -> None:
    """One head for all."""
    judge(student, 2, 1, FEWER | SUSPECTS)
