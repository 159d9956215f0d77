"""Which word is heard when: the cheapest way through a map of tokens and times that never turns back."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor
from torch.nn import functional as F

from course_attn._checks import check_axes, error
from course_attn._numbers import check_numbers, check_untraced

SMOOTH = 7  # places of the encoder, 0.14 seconds


class WordTime(NamedTuple):
    """A word as it is written, and from when to when it is heard, in seconds."""

    text: str
    start: float
    end: float


def warp(cost: Tensor) -> list[tuple[int, int]]:
    r"""Dynamic time warping: the cheapest path from the first cell of a table to the last.

    .. math:: D_{ij} = c_{ij} + \min(D_{i-1,j-1},\; D_{i-1,j},\; D_{i,j-1})

    Each step goes one row down, one column on, or both: the order of the rows is the order in time. Of equally cheap
    steps, the one that stays in its row is taken.

    Args:
        cost: ``(N, M)``, small where row and column belong together.

    Returns:
        The cells of the path, ``(row, column)``, from ``(0, 0)`` to ``(N - 1, M - 1)``.

    Raises:
        ValueError: If the cost is not a finite table.

    Source: Sakoe & Chiba, 1978; in Whisper's own code: ``whisper/timing.py``.
    Chapter: Transformer.
    """
    check_axes("warp", "cost", cost, "N", "M")
    check_numbers("warp", "cost", cost)
    if not bool(cost.isfinite().all()):
        raise error("warp", "cost", "finite in every cell", "NaN or infinity")
    table = cost.tolist()
    rows, columns = len(table), len(table[0])
    infinite = float("inf")
    above = [0.0] + [infinite] * columns  # a border: only the corner before the first cell is free
    came: list[list[tuple[int, int]]] = []  # the step back from each cell
    for i in range(rows):
        totals, steps = [infinite], []
        for j in range(columns):
            both, down, on = above[j], above[j + 1], totals[j]
            if both < down and both < on:
                least, step = both, (1, 1)
            elif down < both and down < on:
                least, step = down, (1, 0)
            else:
                least, step = on, (0, 1)
            totals.append(table[i][j] + least)
            steps.append(step)
        above = totals
        came.append(steps)
    i, j, path = rows - 1, columns - 1, []
    while i >= 0 and j >= 0:
        path.append((i, j))
        down, on = came[i][j]
        i, j = i - down, j - on
    return path[::-1]


def look(maps: Tensor) -> Tensor:
    """Maps of several heads to one table, large where a token is heard.

    Each column is put beside its mean over the tokens, since some places of a sound draw all of them; then single peaks
    along time are smoothed away by a running median.

    Args:
        maps: Attention weights ``(heads, N, M)``, tokens by places of the encoder.

    Returns:
        ``(N, M)``.

    Raises:
        ValueError: If the maps have other axes.

    Source: Radford et al., 2022: ``whisper/timing.py``.
    Chapter: Transformer.
    """
    check_axes("look", "maps", maps, "heads", "N", "M")
    check_untraced("look", "maps")  # short maps are not smoothed
    maps = maps / maps.sum(-1, keepdim=True)
    maps = (maps - maps.mean(1, keepdim=True)) / (maps.std(1, keepdim=True, unbiased=False) + 1e-9)
    if maps.shape[-1] > SMOOTH // 2:
        padded = F.pad(maps, (SMOOTH // 2, SMOOTH // 2), mode="reflect")
        maps = padded.unfold(-1, SMOOTH, 1).median(-1).values
    return maps.mean(0)


def starts(table: Tensor, seconds: float) -> list[float]:
    """When each token begins: the first place of the path in its row. The first token begins with the sound.

    Args:
        table: ``(N, M)``, large where a token is heard.
        seconds: Between two places of the encoder.

    Returns:
        ``N`` times, none before the one above it.

    Chapter: Transformer.
    """
    first: dict[int, int] = {}
    for row, column in warp(-table):
        first.setdefault(row, column)
    return [column * seconds for column in first.values()]


def word_times(pieces: list[str], begins: list[float]) -> list[WordTime]:
    """Put tokens together to words.

    Args:
        pieces: Text of each token; a word begins with a space.
        begins: When each token begins, and last when the text ends.

    Returns:
        Words with their punctuation. A word ends where its last letter's token does: the pause after it is spent in its
        comma, or in the next word's space.

    Raises:
        ValueError: If there is not one time more than there are tokens.

    Chapter: Transformer.
    """
    if len(begins) != len(pieces) + 1:
        raise error("word_times", "begins", f"{len(pieces) + 1} times, one more than tokens", f"{len(begins)} times")
    words: list[WordTime] = []
    for place, text in enumerate(pieces):
        start, end = begins[place], begins[place + 1]
        if not words or text.startswith(" "):
            words.append(WordTime(text.strip(), start, end))
            continue
        before = words[-1]
        sounds = any(letter.isalnum() for letter in text)
        words[-1] = WordTime(before.text + text, before.start, end if sounds else before.end)
    return words
