"""What every stored result says about itself: where, when and with what it was measured."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import torch

RESULTS = Path(__file__).resolve().parents[1] / "book" / "results"


def provenance(seed: int) -> dict[str, Any]:
    """Machine, torch version, date, git commit and seed of a measurement made now."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False
    )
    return {
        "machine": f"{processor()}, {os.cpu_count()} cores",
        "torch": torch.__version__.split("+")[0],
        "date": datetime.date.today().isoformat(),
        "commit": commit.stdout.strip(),
        "seed": seed,
    }


def processor() -> str:
    """The processor's name, as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def store(name: str, result: dict[str, Any]) -> Path:
    """Write a result to ``book/results/<name>.json`` and return the path."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    return path
