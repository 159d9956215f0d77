"""Experiments that take longer than a page may: each runs from one command and stores what the page reads.

    python -m experiments.NAME          writes course_attn/results/NAME.json (minutes)

A module here has ``SEED`` and ``run(tiny=False)``, which trains or measures and returns the numbers; ``tiny`` does the
same with a few steps, for the tests. It ends in ``main(__name__, run, SEED)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from course_attn._endings import tell

tell()  # before torch, which takes a while to load

from benchmarks.record import provenance, store  # noqa: E402


def main(module: str, run: Callable[[], dict[str, Any]], seed: int, name: str | None = None) -> None:
    """Run an experiment and store its numbers under its own name, with where and when they were made."""
    if module != "__main__":
        return
    import sys

    name = name or str(sys.modules["__main__"].__spec__.name).rsplit(".", 1)[-1]
    about = provenance(seed) | {"command": f"python -m experiments.{name}"}
    print(f"stored in course_attn/results/{store(name, about | run()).name}")
