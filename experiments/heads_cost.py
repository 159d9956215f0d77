"""What a layer of attention costs as its heads become more: head by head, split, and split and fused.

Processor time of a forward pass on one thread, the least of several rounds: other work on the machine does not count.
The multiply-adds are the same for every number of heads. So the split form is also taken apart, to see where the time
goes: projections, scores, softmax, the mixing of values; scores and softmax also into memory that the program holds
already; and how many pages of memory the system has to bring for one pass.

    python -m experiments.heads_cost          about half a minute on one core
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_attn.head_axis import merge_heads, split_heads
from course_attn.head_by_head import MultiHeadByHeads
from course_attn.multi_head import MultiHeadAttention
from experiments import main

SEED = 0
D_MODEL, LENGTH, ROUNDS = 256, 512, 12
HEADS = (1, 2, 4, 8, 16, 32, 64)


def least_milliseconds(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Processor time of each way's fastest round; the ways take turns, so that none has the quiet moments to itself."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds + 1):
        for name, call in calls.items():
            start = time.process_time()
            call()
            times[name].append(time.process_time() - start)
    return {name: round(1000 * min(each[1:]), 3) for name, each in times.items()}


def parts_of(split: MultiHeadAttention, x: Tensor) -> dict[str, Callable[[], object]]:
    """The four steps of the split form, each on what the step before gave; two also into memory held already."""
    assert split.qkv is not None
    query, key, value = (split_heads(part, split.num_heads) for part in split.qkv(x).chunk(3, dim=-1))
    scores = query @ key.transpose(-2, -1)  # (1, h, N, N)
    weights = scores.softmax(-1)
    merged = merge_heads(weights @ value)
    held = torch.empty_like(scores)
    return {
        "projections": lambda: (split.qkv(x), split.output(merged)),  # type: ignore[misc]
        "scores": lambda: query @ key.transpose(-2, -1),
        "softmax": lambda: scores.softmax(-1),
        "mixing": lambda: weights @ value,
        "scores, memory held": lambda: torch.matmul(query, key.transpose(-2, -1), out=held),
        "softmax, memory held": lambda: torch.softmax(scores, -1, out=held),
    }


def pages_brought(call: Callable[[], object]) -> int:
    """Pages of memory that the system had to bring during one call: those that the program did not hold already."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    call()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def multiply_adds(num_heads: int) -> int:
    """Of one forward pass: four projections, scores and the mixing of values."""
    return 4 * LENGTH * D_MODEL**2 + 2 * num_heads * LENGTH**2 * (D_MODEL // num_heads)


@torch.inference_mode()
def run(tiny: bool = False) -> dict[str, Any]:
    """Time every number of heads in three ways with the same weights."""
    torch.set_num_threads(1)
    rounds, heads = (2, HEADS[:2]) if tiny else (ROUNDS, HEADS)
    ways: dict[str, list[float]] = {}
    parts: dict[str, list[float]] = {}
    pages: dict[str, list[int]] = {}
    x = torch.randn(1, LENGTH, D_MODEL, generator=torch.Generator().manual_seed(SEED))
    for num_heads in heads:
        torch.manual_seed(SEED)
        split = MultiHeadAttention(D_MODEL, num_heads)
        calls = {
            "head by head": partial(MultiHeadByHeads.from_split(split), x),
            "split": partial(split, x, return_weights=True),
            "split, fused": partial(split, x),
        }
        found = least_milliseconds(calls, rounds)
        print(num_heads, found, flush=True)
        for name, milliseconds in found.items():
            ways.setdefault(name, []).append(milliseconds)
            pages.setdefault(name, []).append(min(pages_brought(calls[name]) for _ in range(5)))
        for name, milliseconds in least_milliseconds(parts_of(split, x), rounds).items():
            parts.setdefault(name, []).append(milliseconds)
    return {
        "d_model": D_MODEL,
        "length": LENGTH,
        "rounds": rounds,
        "heads": list(heads),
        "multiply_adds": [multiply_adds(num_heads) for num_heads in heads],
        "milliseconds": ways,
        "milliseconds_of_split": parts,
        "pages_brought": pages,
    }


main(__name__, run, SEED)
