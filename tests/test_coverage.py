"""The core's lines and branches are reached by its fast tests: the two commands of CONTRIBUTING.md, as they stand."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent


def commands():
    """The block under **Coverage**, a command a line."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = text.partition("**Coverage**")[2].split("```")[1]
    return [shlex.split(line) for line in block.strip().splitlines()]


def test_the_core_is_covered(tmp_path):
    measure, report = commands()
    files = [str(path.relative_to(ROOT)) for word in measure[1:] if "*" in word for path in sorted(ROOT.glob(word))]
    words = [word for word in measure[1:] if "*" not in word]
    environment = os.environ | {"COVERAGE_FILE": str(tmp_path / "coverage"), "OMP_NUM_THREADS": "1"}
    ways = (
        [measure[0], "-q", "-p", "no:cacheprovider", "-m", "not slow", "-n", "2", *files, *words],
        report,
    )
    for command in ways:
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        print(done.stdout[-3000:])
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    share = next(line for line in done.stdout.splitlines() if line.startswith("TOTAL")).split()[-1]
    assert int(share.rstrip("%")) >= int(report[report.index("report") + 1].partition("=")[2])
