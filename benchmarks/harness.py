"""Contenders side by side: what is measured, how, and what is kept.

Contenders take turns within each round, in rotated order, on the process's CPU clock with one thread: what else
the machine does stretches no sample, and what does leak in (caches, clock rate) falls on all. A ratio is formed in
each round and the median of the rounds is kept. Memory is the growth of the process's high-water mark during one
call, each contender in a fresh process.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from course_attn import _paths

SECONDS_A_SAMPLE = 0.12
OURS = "course_attn"
Call = Callable[[], Any]


@dataclass
class Target:
    """Ours over the fastest (or leanest) of ``over``, at most ``limit``; ``aim`` is the figure to hope for."""

    over: list[str]
    limit: float
    aim: float | None = None
    of: str = "time"  # or "memory", or "added ms": a difference instead of a ratio
    ours: str = OURS


@dataclass
class Case:
    """One comparison.

    ``build`` returns the calls by contender. What a contender's first call returns, tensors, is compared with what
    ``OURS`` returns within ``tolerance``, relative to the largest number; only those of ``same``, if it is given.
    ``seen`` cuts off what a contender is free to choose. With ``children`` the clock is that of child processes.
    """

    name: str
    build: Callable[[], dict[str, Call]]
    targets: list[Target] = field(default_factory=list)
    tolerance: float | None = 1e-5
    rounds: int = 9
    memory: bool = False
    same: list[str] | None = None
    seen: Callable[[Any], Any] = lambda result: result
    children: bool = False


def measure(case: Case, rounds: int | None = None) -> dict[str, Any]:
    """Run a case: milliseconds, ratios to the fastest, memory, and how each target stands."""
    torch.set_num_threads(1)
    calls = case.build()
    wrong = disagreements(case, calls)
    times = interleave(calls, rounds or case.rounds, children_seconds if case.children else time.process_time)
    result: dict[str, Any] = {
        "milliseconds": {name: significant(statistics.median(samples) * 1000) for name, samples in times.items()},
        "targets": [],
    }
    if wrong:
        result["disagrees"] = wrong
    if case.memory:
        result["extra_mib"] = {name: extra_mib(case.name, name) for name in calls}
    for target in case.targets:
        if target.of == "memory":
            ratio = result["extra_mib"][target.ours] / min(result["extra_mib"][name] for name in target.over)
        else:
            ratio = median_ratio(times, target)
        if target.of == "added ms":
            ratio = result["milliseconds"][target.ours] - result["milliseconds"][target.over[0]]
        entry = {"of": target.of, "ours": target.ours, "over": target.over, "limit": target.limit, "aim": target.aim}
        result["targets"].append(entry | {"ratio": significant(ratio)})
    return result


def interleave(calls: dict[str, Call], rounds: int, clock: Callable[[], float]) -> dict[str, list[float]]:
    """Seconds of CPU time of one call of each contender, one sample a round."""
    repeats = {name: max(1, round(SECONDS_A_SAMPLE / max(timed(call, 2, clock), 1e-6))) for name, call in calls.items()}
    names = list(calls)
    samples: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            samples[name].append(timed(calls[name], repeats[name], clock))
    return samples


def timed(call: Call, repeats: int, clock: Callable[[], float]) -> float:
    """Seconds of one call, the mean of ``repeats``."""
    start = clock()
    for _ in range(repeats):
        call()
    return (clock() - start) / repeats


def children_seconds() -> float:
    """CPU time of all child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def median_ratio(times: dict[str, list[float]], target: Target) -> float:
    """Median over the rounds of ours over the rival that is fastest on the whole."""
    fastest = min(target.over, key=lambda name: statistics.median(times[name]))
    return statistics.median(a / b for a, b in zip(times[target.ours], times[fastest], strict=True))


def disagreements(case: Case, calls: dict[str, Call]) -> dict[str, float]:
    """The contenders whose first result is not ours, with the largest difference."""
    if case.tolerance is None:
        return {}
    names = [name for name in calls if case.same is None or name in case.same or name == OURS]
    results = {name: _tensors(case.seen(calls[name]())) for name in names}
    errors = {
        name: max(_difference(a, b) for a, b in zip(result, results[OURS], strict=True))
        for name, result in results.items()
    }
    return {name: error for name, error in errors.items() if not error <= case.tolerance}


def _difference(a: torch.Tensor, b: torch.Tensor) -> float:
    a, b = a.double(), b.double()
    return ((a - b).abs().max() / b.abs().max()).item()


def _tensors(result: Any) -> list[torch.Tensor]:
    return [result] if isinstance(result, torch.Tensor) else list(result)


def extra_mib(case: str, contender: str) -> float:
    """Growth of peak memory in one call, in a fresh process that gives large blocks back at once."""
    command = [sys.executable, "-m", "benchmarks.run", "--memory", case, contender]
    environment = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(f"{case}, {contender}: {done.stderr}")
    return float(done.stdout.split()[-1])


def growth(call: Call) -> float:
    """MiB that the second call adds to the high-water mark (the first loads libraries and fills caches)."""
    call()
    Path("/proc/self/clear_refs").write_text("5")  # reset the high-water mark
    before = peak_kib()
    call()
    return (peak_kib() - before) / 1024


def peak_kib() -> int:
    """The process's high-water mark of resident memory (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def default_linears(call: Call) -> Call:
    """The same call with all linears left to torch's default library, as they are on other machines."""

    def called() -> Any:
        kept, _paths._slow_default_matmul = _paths._slow_default_matmul, lambda: False
        try:
            return call()
        finally:
            _paths._slow_default_matmul = kept

    return called


def significant(value: float) -> float:
    """Three significant figures, enough for medians that repeat within a few percent."""
    return float(f"{value:.3g}")
