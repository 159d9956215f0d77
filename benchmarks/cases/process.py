"""What importing the package adds to importing torch."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from benchmarks.harness import OURS, Call, Case, Target


def imports() -> dict[str, Call]:
    """Fresh interpreters, files already cached by the system."""
    lines = {"torch": "import torch", OURS: "import torch, course_attn"}
    return {name: partial(subprocess.run, [sys.executable, "-c", line], check=True) for name, line in lines.items()}


def cases() -> list[Case]:
    """One case."""
    targets = [Target(["torch"], 50.0, 30.0, of="added ms")]
    return [Case("import", imports, targets, None, rounds=15, children=True)]
