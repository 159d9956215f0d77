"""What looking costs on images of growing size: convolution, SAGAN's block with and without pooling, two gates.

Processor time of a forward pass on one thread. The layers take turns within each round, forwards and backwards; every
ratio is formed within a round, and medians are kept: what else the machine does falls on all of them.

The largest image is taken apart: the same products of blocks, without a softmax, with keys as narrow as they are and
filled up to the width of the values, which is how torch's kernel wants them; and the softmax alone.

    python -m experiments.image_cost          about a minute on one core
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.vision.channel_spatial import CBAM, SqueezeExcitation
from course_attn.vision.sagan import SaganAttention
from experiments import main

SEED = 0
CHANNELS, ROUNDS = 64, 7
SIDES = (8, 16, 32, 64, 128)
CONVOLUTION = "convolution 3 x 3"
QUERIES, KEYS = 128, 512  # in a block of scores: a quarter of a megabyte, which stays in the processor's cache


def layers() -> dict[str, nn.Module]:
    """The five layers, each from ``(1, 64, H, W)`` to the same shape."""
    torch.manual_seed(SEED)
    ways = {
        CONVOLUTION: nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1),
        "attention": SaganAttention(CHANNELS, pool=False),
        "attention, pooled": SaganAttention(CHANNELS),
        "channel gate (SE)": SqueezeExcitation(CHANNELS),
        "both gates (CBAM)": CBAM(CHANNELS),
    }
    return {name: layer.eval() for name, layer in ways.items()}


def times_in_turns(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each call in each round; the first round warms up and is left out."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name in list(calls) if turn % 2 else reversed(calls):
            start = time.process_time()
            calls[name]()
            times[name].append(1000 * (time.process_time() - start))
    return {name: each[1:] for name, each in times.items()}


def products(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Scores and mixtures block by block, without the softmax between them: ``(N, d)``, ``(M, d)``, ``(M, d_v)``."""
    scores, mixed = query.new_empty(QUERIES, KEYS), value.new_zeros(len(query), value.shape[-1])
    for rows in (slice(start, start + QUERIES) for start in range(0, len(query), QUERIES)):
        for columns in (slice(start, start + KEYS) for start in range(0, len(key), KEYS)):
            torch.mm(query[rows], key[columns].T, out=scores)
            mixed[rows].addmm_(scores, value[columns])
    return mixed


def softmaxes(blocks: int) -> None:
    """As many softmaxes of a block of scores."""
    scores = torch.randn(QUERIES, KEYS)
    weights = torch.empty_like(scores)
    for _ in range(blocks):
        torch.softmax(scores, dim=-1, out=weights)


def taken_apart(num_pixels: int, rounds: int) -> dict[str, float]:
    """Milliseconds of the parts of one head over all pixels, keys of ``C / 8`` and values of ``C / 2``."""
    narrow, wide = CHANNELS // 8, CHANNELS // 2
    query, key, value = (torch.randn(num_pixels, width) for width in (narrow, narrow, wide))
    wide_query, wide_key = (F.pad(x, (0, wide - narrow)) for x in (query, key))
    heads = [x[None, None] for x in (wide_query, wide_key, value)]
    calls: dict[str, Callable[[], Any]] = {
        "the kernel": partial(F.scaled_dot_product_attention, *heads, scale=1.0),
        "its products": partial(products, wide_query, wide_key, value),
        "its softmax": partial(softmaxes, (num_pixels // QUERIES) * (num_pixels // KEYS)),
        "products of narrow keys": partial(products, query, key, value),
    }
    return {name: round(statistics.median(each), 1) for name, each in times_in_turns(calls, rounds).items()}


@torch.inference_mode()
def run(tiny: bool = False) -> dict[str, Any]:
    """Time every layer at every size, and the parts at the largest."""
    torch.set_num_threads(1)
    ways, rounds = layers(), 2 if tiny else ROUNDS
    milliseconds: dict[str, list[float]] = {name: [] for name in ways}
    over_convolution: dict[str, list[float]] = {name: [] for name in ways}
    sides = SIDES[:3] if tiny else SIDES
    for side in sides:
        x = torch.randn(1, CHANNELS, side, side, generator=torch.Generator().manual_seed(SEED))
        times = times_in_turns({name: partial(layer, x) for name, layer in ways.items()}, rounds)
        for name, each in times.items():
            ratios = [mine / theirs for mine, theirs in zip(each, times[CONVOLUTION], strict=True)]
            milliseconds[name].append(round(statistics.median(each), 3))
            over_convolution[name].append(round(statistics.median(ratios), 2))
        print(side, {name: row[-1] for name, row in over_convolution.items()}, flush=True)
    return {
        "channels": CHANNELS,
        "rounds": ROUNDS,
        "sides": list(sides),
        "milliseconds": milliseconds,
        "over_convolution": over_convolution,
        "parts": taken_apart(sides[-1] ** 2, rounds),
    }


main(__name__, run, SEED)
