"""Time and memory of readable and fused attention against the length: ``python -m benchmarks.attention_cost``.

One head of width 64, float32, forward only, one thread. Time: contenders take turns within each round, the process's
CPU clock, median of the rounds. Memory: growth of the process's high-water mark during one call, each in a fresh
process.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch

from benchmarks.record import provenance, store
from course_attn import attention, fused_attention

LENGTHS = [512, 1024, 2048, 4096, 8192]
WIDTH, SEED, ROUNDS = 64, 0, 9
WAYS = {"readable": lambda q, k, v: attention(q, k, v)[0], "fused": fused_attention}


def inputs(length: int) -> list[torch.Tensor]:
    """Random query, key and value, each (1, 1, length, 64)."""
    generator = torch.Generator().manual_seed(SEED)
    return [torch.randn(1, 1, length, WIDTH, generator=generator) for _ in range(3)]


def milliseconds(length: int) -> dict[str, float]:
    """Median CPU time of one call of each way, taking turns."""
    qkv = inputs(length)
    samples: dict[str, list[float]] = {way: [] for way in WAYS}
    calls = max(1, 2048 * 2048 // length**2)
    for round_number in range(ROUNDS + 1):  # the first round warms up
        for way, function in WAYS.items():
            start = time.process_time()
            for _ in range(calls):
                function(*qkv)
            if round_number:
                samples[way].append((time.process_time() - start) * 1000 / calls)
    return {way: statistics.median(values) for way, values in samples.items()}


def extra_mib(way: str, length: int) -> float:
    """Growth of peak memory in one call, measured in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.attention_cost", way, str(length)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def peak_kib() -> int:
    """The process's high-water mark of resident memory (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def main() -> None:
    """Measure everything and store it, or (called by itself) the memory of one call."""
    torch.set_num_threads(1)
    with torch.inference_mode():
        if len(sys.argv) == 3:
            way, length = sys.argv[1], int(sys.argv[2])
            WAYS[way](*inputs(16))  # libraries are loaded before the mark is read
            qkv = inputs(length)
            Path("/proc/self/clear_refs").write_text("5")  # reset the high-water mark
            before = peak_kib()
            WAYS[way](*qkv)
            print((peak_kib() - before) / 1024)
            return
        result = provenance(SEED) | {"rounds": ROUNDS, "lengths": LENGTHS}
        result |= {way: {"milliseconds": [], "extra_mib": []} for way in WAYS}
        for length in LENGTHS:
            times = milliseconds(length)
            for way in WAYS:
                result[way]["milliseconds"].append(round(times[way], 3))
                result[way]["extra_mib"].append(round(extra_mib(way, length), 2))
            print(
                length, json.dumps({way: [v[-1] for v in result[way].values()] for way in WAYS}), flush=True
            )
    print(store("attention_cost", result))


if __name__ == "__main__":
    main()
