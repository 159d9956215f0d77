"""Gradescope's autograder zip: it installs the course, marks the submission, and writes results.json last."""

from __future__ import annotations

import shlex
import zipfile
from pathlib import Path

from course_attn._version import __version__

SETUP = """#!/usr/bin/env bash
# Gradescope runs this once, when the image is made.
set -euo pipefail
apt-get update -qq && apt-get install -y -qq bubblewrap python3-venv
python3 -m venv /opt/course
/opt/course/bin/pip install --quiet {requirement}
"""
RUN = """#!/usr/bin/env bash
# Marks /autograder/submission. Whatever happens, results.json is written by this side alone.
root="${{AUTOGRADER:-/autograder}}"
chmod 700 "$root/source" "$root/results"
export COURSE_ATTN_SECRET={secret}
cd "$root" || exit 1
log=$("${{COURSE_PYTHON:-/opt/course/bin/python}}" -m course_attn.grading.grade_command submission {exercises} \\
    --out "$root/results/grades" --results "$root/results/results.json" 2>&1)
if [ ! -s "$root/results/results.json" ]; then
    echo '{{"score": 0, "output": "The grader could not run. Tell your teacher; your work is safe."}}' \\
        > "$root/results/results.json"
fi
echo "$log"
"""


def make(path: Path, exercises: tuple[str, ...], secret: str, requirement: str = f"course-attn=={__version__}") -> None:
    """Write the zip.

    Args:
        path: Where to.
        exercises: The exercises that count.
        secret: The course's secret; whoever has the zip can know the inputs of the checks.
        requirement: What pip installs.
    """
    options = " ".join(f"--exercise {shlex.quote(name)}" for name in exercises)
    files = {
        "setup.sh": SETUP.format(requirement=shlex.quote(requirement)),
        "run_autograder": RUN.format(secret=shlex.quote(secret), exercises=options),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
