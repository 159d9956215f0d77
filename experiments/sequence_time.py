"""Time against length: recurrent networks, which must wait, and attention, place by place and all at once.

Forward only, float32, one thread, batch 1 and batch 16. Contenders take turns within each round; the clock counts the
process's own time, so other work on the machine hardly matters; median of the rounds.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_attn import FeedForward, SelfAttention, fused_attention
from experiments import main

SEED, ROUNDS, WIDTH = 0, 7, 64
LENGTHS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
BATCHES = [1, 16]
LONGEST_BATCHED = 1024  # sixteen sequences at once: beyond this a round takes seconds
LAYER_WIDTH, AROUND_FIFTY = 512, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200, 400, 800, 1600]

Contenders = dict[str, Callable[[Tensor], Any]]


def one_query_at_a_time(layer: SelfAttention) -> Callable[[Tensor], Tensor]:
    """The same attention, but the next query is asked only when the last one is answered."""

    def attend(x: Tensor) -> Tensor:
        query, key, value = layer.query(x), layer.key(x), layer.value(x)
        rows = [fused_attention(query[:, i : i + 1], key, value) for i in range(x.shape[1])]
        return torch.cat(rows, dim=1)

    return attend


def contenders() -> Contenders:
    """All of one width, with random weights."""
    torch.manual_seed(SEED)
    attention = SelfAttention(WIDTH)
    return {
        "RNN": nn.RNN(WIDTH, WIDTH, batch_first=True),  # torch's: its loop runs in C++, the fastest there is here
        "LSTM": nn.LSTM(WIDTH, WIDTH, batch_first=True),
        "attention, place by place": one_query_at_a_time(attention),
        "attention, all at once": attention,
    }


def milliseconds(ways: Contenders, x: Tensor, rounds: int) -> dict[str, float]:
    """Median time of one call of each, taking turns; a first round warms up."""
    samples: dict[str, list[float]] = {name: [] for name in ways}
    calls = max(1, 256 // x.shape[1])
    for round_number in range(rounds + 1):
        for name, way in ways.items():
            start = time.process_time()
            for _ in range(calls):
                way(x)
            if round_number:
                samples[name].append((time.process_time() - start) * 1000 / calls)
    return {name: round(statistics.median(values), 4) for name, values in samples.items()}


def crossing(lengths: list[int], first: list[float], second: list[float]) -> float | None:
    """The length at which ``second`` becomes slower than ``first`` for good, between two measured ones; or None."""
    logs = torch.tensor([first, second]).log()
    ahead = (logs[1] - logs[0]).tolist()  # positive where the second is slower
    if ahead[-1] <= 0 or ahead[0] >= 0:
        return None
    i = max(j for j in range(len(ahead) - 1) if ahead[j] <= 0)
    share = -ahead[i] / (ahead[i + 1] - ahead[i])
    return round(lengths[i] * (lengths[i + 1] / lengths[i]) ** share, 1)


def run(tiny: bool = False) -> dict[str, Any]:
    """Measure every length, then find where attention becomes the slower one."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(SEED)
    rounds = 1 if tiny else ROUNDS
    result: dict[str, Any] = {"rounds": rounds, "width": WIDTH, "batches": {}}
    with torch.inference_mode():
        for batch in BATCHES:
            lengths = LENGTHS[:3] if tiny else [n for n in LENGTHS if batch == 1 or n <= LONGEST_BATCHED]
            times: dict[str, list[float]] = {}
            for length in lengths:
                x = torch.randn(batch, length, WIDTH, generator=generator)
                for name, value in milliseconds(contenders(), x, rounds).items():
                    times.setdefault(name, []).append(value)
                print(batch, length, {name: values[-1] for name, values in times.items()}, flush=True)
            at_once = times["attention, all at once"]
            crossings = {name: crossing(lengths, times[name], at_once) for name in ("RNN", "LSTM")}
            result["batches"][str(batch)] = {"lengths": lengths, "milliseconds": times, "crossing": crossings}
        result["layer"] = layer_times(generator, rounds, AROUND_FIFTY[:2] if tiny else AROUND_FIFTY)
    return result


def layer_times(generator: torch.Generator, rounds: int, lengths: list[int]) -> dict[str, Any]:
    """One encoder layer of the Transformer's own width, attention and feed-forward, at lengths around fifty."""
    attention, think = SelfAttention(LAYER_WIDTH), FeedForward(LAYER_WIDTH, 4 * LAYER_WIDTH)
    ways: Contenders = {"attention": attention, "feed-forward": think}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for length in lengths:
        x = torch.randn(1, length, LAYER_WIDTH, generator=generator)
        for name, value in milliseconds(ways, x, rounds).items():
            times[name].append(value)
    return {"width": LAYER_WIDTH, "lengths": lengths, "milliseconds": times}


main(__name__, run, SEED)
