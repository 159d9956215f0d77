"""One example of every figure to touch, what to change in it, and how to read what it shows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import torch

from course_attn.widgets import (
    HeadBrowser,
    KeyMatch,
    PatchAttention,
    PositionWaves,
    ReceptiveField,
    SentenceAttention,
    SoftLookup,
)

SENTENCE = "[CLS] the law will never be perfect , but its application should be just . [SEP]"
TOKENS = SENTENCE.split()
KINDS = {"previous": "the token before", "next": "", "same": "", "resting": "", "mixed": ""}


def random_weights(*shape: int) -> torch.Tensor:
    return (3 * torch.randn(*shape, generator=torch.Generator().manual_seed(5))).softmax(-1)


def head_browser() -> HeadBrowser:
    names = list(KINDS)
    classes = [[names[(layer + head) % 5] for head in range(12)] for layer in range(6)]
    return HeadBrowser([(TOKENS, random_weights(6, 12, 16, 16))], KINDS, classes, torch.full((6, 12), 0.5), query=3)


# Wide where width could go wrong: many heads, long sentences, all the clocks.
MAKERS: dict[str, Callable] = {
    "head_browser": head_browser,
    "key_match": lambda: KeyMatch(torch.rand(3, 20, 52), torch.randn(5, 13, 7), {"left eye": (2, 1), "nose": (4, 6)}),
    "patch_attention": lambda: PatchAttention(
        torch.rand(3, 12, 20), random_weights(2, 3, 16, 16), (3, 5), {"eye": (1, 2), "nose": (2, 4)}
    ),
    "position_waves": lambda: PositionWaves(128),
    "field_of_pixel": lambda: ReceptiveField(kernel=7, depth=8, stride=2),
    "sentence_attention": lambda: SentenceAttention([(TOKENS, random_weights(2, 3, 16, 16))], word=9),
    "soft_lookup": lambda: SoftLookup(mask=[True, False, True, True, True]),
}
# A trait, two values for it, and which of the shown data tells them apart.
CHANGES = {
    "head_browser": ("query", 7, 2, "row"),
    "key_match": ("row", 4, 0, "cosines"),
    "patch_attention": ("query", 7, 2, "row"),
    "position_waves": ("place", 7, 9, "row"),
    "field_of_pixel": ("kernel", 3, 5, "rows"),
    "sentence_attention": ("word", 7, 2, "weights"),
    "soft_lookup": ("query", [-1, -1], [1, 1], "weights"),
}
ROOT = "[aria-label$=': a figure to touch']"


def data(page) -> dict:
    """The numbers that the figure shows now."""
    shown = page.locator(ROOT).evaluate("(root) => ({ ...root.dataset })")
    return {name: json.loads(text) for name, text in shown.items()}


def words(page) -> str:
    """The sentence that says what the figure shows now."""
    return page.locator("[aria-live=polite]").inner_text()


def colours(css: str) -> tuple[dict[str, str], dict[str, str]]:
    """A figure's own colours by name, in the light and in the dark theme."""
    found = re.findall(r"--(\w+):[^;]*?(?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}))", css)
    both = {name: (light or plain, dark or plain) for name, light, dark, plain in found}
    return tuple({name: pair[theme] for name, pair in both.items()} for theme in (0, 1))
