"""What a layer of attention costs as its heads become more: head by head, split, and split and fused.

Processor time of a forward pass on one thread, the least of several rounds: other work on the machine does not count.

    python -m experiments.heads_cost          about half a minute on one core
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from course_attn.head_by_head import MultiHeadByHeads
from course_attn.multi_head import MultiHeadAttention
from experiments import main

SEED = 0
D_MODEL, LENGTH, ROUNDS = 256, 512, 60
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


@torch.inference_mode()
def run(tiny: bool = False) -> dict[str, Any]:
    """Time every number of heads in three ways with the same weights."""
    torch.set_num_threads(1)
    rounds, heads = (2, HEADS[:2]) if tiny else (ROUNDS, HEADS)
    ways: dict[str, list[float]] = {}
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
    return {"d_model": D_MODEL, "length": LENGTH, "rounds": rounds, "heads": list(heads), "milliseconds": ways}


main(__name__, run, SEED)
