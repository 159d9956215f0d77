"""Gradescope's autograder zip: it carries this course, installs what it needs, marks, and writes results.json last."""

from __future__ import annotations

import importlib.metadata
import io
import shlex
import zipfile
from collections.abc import Iterator
from pathlib import Path

from course_attn import _checks
from course_attn._whole import write_whole

PACKAGE = Path(_checks.__file__).parent
# What marking imports; the versions of the machine that makes the zip are the ones that mark.
NEEDED = ("torch", "numpy", "safetensors", "typer", "rich")
SETUP = """#!/usr/bin/env bash
# Gradescope runs this once, as root, when the image is made.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq bubblewrap
python=""
for version in 3.13 3.12 3.11; do
  if apt-get install -y -qq "python$version" "python$version-venv"; then
    python="python$version"
    break
  fi
done
if [ -z "$python" ]; then
  echo "The course needs Python 3.11 to 3.13: choose a newer base image." >&2
  exit 1
fi
"$python" -m venv /opt/course
/opt/course/bin/pip install --quiet {requirements}
"""
RUN = """#!/usr/bin/env bash
# Marks /autograder/submission. Whatever happens, results.json is written by this side alone.
root="${{AUTOGRADER:-/autograder}}"
chmod 700 "$root/source" "$root/results"
export COURSE_ATTN_SECRET={secret}
export PYTHONPATH="$root/source/course${{PYTHONPATH:+:$PYTHONPATH}}"
cd "$root" || exit 1
log=$("${{COURSE_PYTHON:-/opt/course/bin/python}}" -m course_attn.grading.grade_command submission {exercises} \\
    --out "$root/results/grades" --results "$root/results/results.json" 2>&1)
if [ ! -s "$root/results/results.json" ]; then
    echo '{{"score": 0, "output": "The grader could not run. Tell your teacher; your work is safe."}}' \\
        > "$root/results/results.json"
fi
echo "$log"
"""


def make(path: Path, exercises: tuple[str, ...], secret: str) -> None:
    """Write the zip.

    Args:
        path: Where to.
        exercises: The exercises that count.
        secret: The course's secret; whoever has the zip can know the inputs of the checks.
    """
    options = " ".join(f"--exercise {shlex.quote(name)}" for name in exercises)
    pins = " ".join(f"{name}=={importlib.metadata.version(name).partition('+')[0]}" for name in NEEDED)
    texts = {
        "setup.sh": SETUP.format(requirements=pins).encode(),
        "run_autograder": RUN.format(secret=shlex.quote(secret), exercises=options).encode(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in texts.items():
            _enter(archive, name, data, 0o755)
        for file in _course():
            _enter(archive, f"course/course_attn/{file.relative_to(PACKAGE).as_posix()}", file.read_bytes(), 0o644)
    write_whole(path, packed.getvalue())


def _course() -> Iterator[Path]:
    """The files of this package: a fork's own points and checks mark on Gradescope too."""
    for file in sorted(PACKAGE.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file


def _enter(archive: zipfile.ZipFile, name: str, data: bytes, mode: int) -> None:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = mode << 16
    archive.writestr(entry, data)
