"""All framed experiments: what is missing of each, or run it, one after the other.

python -m experiments            a line for each
python -m experiments --run      run what is missing, in the order of the list, one process at a time
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

from experiments.frame import read_parts, status

NAMES = sorted(
    path.stem
    for path in Path(__file__).parent.glob("[a-z]*.py")
    if "\nEXPERIMENT = " in path.read_text(encoding="utf-8")
)

if __name__ == "__main__":
    for name in NAMES:
        if "--run" in sys.argv:
            # A process of its own: what it holds in memory goes with it, and so does what it may have set.
            subprocess.run([sys.executable, "-m", f"experiments.{name}"], check=True)
        else:
            experiment = importlib.import_module(f"experiments.{name}").EXPERIMENT
            print(status(experiment, read_parts(experiment)))
