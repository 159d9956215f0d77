"""Measure and store: ``python -m benchmarks.run [WORD ...]``, every case whose name holds one of the words.

``--list`` names the cases; ``--rounds 3`` is quicker; ``--dry`` stores nothing. Results go case by case into
``course_attn/results/benchmarks_PART.json``; ``python -m benchmarks.table`` makes the tables of the README from them.
"""

from __future__ import annotations

import argparse
import json
from importlib import import_module
from typing import Any

from benchmarks.harness import Case, growth, measure
from benchmarks.record import RESULTS, provenance, store

PARTS = ["multi_head", "sequence", "vision", "long", "process", "pretrained"]


def cases(parts: list[str] | None = None) -> dict[str, tuple[str, Case]]:
    """Every case by name, with its part."""
    found = {}
    for part in parts or PARTS:
        for case in import_module(f"benchmarks.cases.{part}").cases():
            found[case.name] = (part, case)
    return found


def keep(part: str, name: str, result: dict[str, Any]) -> None:
    """Put one result into its file, each with its own date and commit."""
    path = RESULTS / f"benchmarks_{part}.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    order = [case.name for case in import_module(f"benchmarks.cases.{part}").cases()]
    known[name] = provenance(0) | result
    store(f"benchmarks_{part}", {name: known[name] for name in order if name in known})


def show(name: str, result: dict[str, Any]) -> None:
    """Print one case: its contenders from the fastest on, and its targets."""
    times = result["milliseconds"]
    fastest = min(times.values())
    line = "  ".join(f"{who} {ms:g} ms ({ms / fastest:.2f})" for who, ms in sorted(times.items(), key=lambda p: p[1]))
    print(f"{name}: {line}", flush=True)
    for who, mib in result.get("extra_mib", {}).items():
        print(f"    {who}: {mib:.1f} MiB", flush=True)
    for target in result["targets"]:
        verdict = "met" if target["ratio"] <= target["limit"] else "MISSED"
        aim = "" if target["aim"] is None else f" (aim {target['aim']})"
        ours, rivals = target["ours"], ", ".join(target["over"])
        print(f"    {target['of']}: {ours} / {rivals} = {target['ratio']}, limit {target['limit']}{aim}: {verdict}")
    for who, error in result.get("disagrees", {}).items():
        print(f"    DISAGREES: {who}, by {error:.2g} of the largest number", flush=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--dry", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--memory", nargs=2, metavar=("CASE", "CONTENDER"))
    given = parser.parse_args()
    if given.memory:
        import torch

        torch.set_num_threads(1)
        name, contender = given.memory
        print(growth(cases()[name][1].build()[contender]))
        return
    for name, (part, case) in cases().items():
        if given.words and not any(word in name for word in given.words):
            continue
        if given.list:
            print(name)
            continue
        result = measure(case, given.rounds)
        show(name, result)
        if not given.dry:
            keep(part, name, result)


if __name__ == "__main__":
    main()
