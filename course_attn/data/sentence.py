"""The small example of chapters 1 to 4: six words, four numbers each."""

from __future__ import annotations

import torch
from torch import Tensor

TOKENS = ["the", "cat", "sat", "on", "the", "mat"]
FEATURES = ["article", "creature", "action", "place"]
_ROWS = {
    "the": [1.0, 0.0, 0.0, 0.0],
    "cat": [0.0, 1.0, 0.2, 0.0],
    "sat": [0.0, 0.3, 1.0, 0.2],
    "on": [0.0, 0.0, 0.2, 0.8],
    "mat": [0.1, 0.0, 0.0, 1.0],
}


def cat_sentence() -> tuple[list[str], Tensor]:
    """Return the words of "the cat sat on the mat" and one row of numbers for each.

    The four columns are named in ``FEATURES``; the numbers were chosen by hand. Both "the" have the same row:
    nothing in a row says where the word stands.

    Returns:
        ``(tokens, x)``: six words, and a float32 tensor ``(6, 4)``. Both are fresh copies.

    Chapter: Attention.
    """
    return list(TOKENS), torch.tensor([_ROWS[token] for token in TOKENS])
