"""What every stored result says about itself: where, when and with what it was measured."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

import torch

from course_attn._whole import write_whole

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "course_attn" / "results"  # they travel with the package
KEPT = (":(exclude)course_attn/results", ":(exclude)experiments/parts")  # what measuring itself writes


def provenance(seed: int) -> dict[str, Any]:
    """Machine, torch version, date, git commit and seed of a measurement made now."""
    return {
        "machine": f"{processor()}, {os.cpu_count()} cores",
        "torch": torch.__version__.split("+")[0],
        "date": datetime.date.today().isoformat(),
        "commit": commit(ROOT),
        "seed": seed,
    }


def commit(folder: Path) -> str:
    """The commit that was measured, with a ``+`` where a file was changed since; stored results do not count.

    Args:
        folder: The top of a repository.
    """
    found = _git(folder, "rev-parse", "--short=12", "HEAD").strip()
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", ".", *KEPT)
    return f"{found}+" if changed else found


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    return done.stdout


def processor() -> str:
    """The processor's name, as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def store(name: str, result: dict[str, Any]) -> Path:
    """Write a result to ``course_attn/results/<name>.json`` and return the path."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    text = json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False)  # a NaN is a fault, and no JSON
    # A list of numbers reads better, and takes half the room, on one line.
    text = re.sub(r"\[\n[^\[\]{}\"]*\]", lambda found: f"[{' '.join(found.group()[1:-1].split())}]", text)
    write_whole(path, text + "\n")
    return path
