"""A session as a reader has it in Colab: a notebook alone in an empty folder, run from its first cell to `submit()`."""

from __future__ import annotations

import ast
import configparser
import csv
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from course_attn._version import __version__
from course_attn.grading import catalogue
from tools import colab_environment as colab
from tools.build_notebooks import ANSI, CELL_TIMEOUT, Client
from tools.colab_environment import ROOT, ColabError

OLDER = "0.0.9"
SUBMIT = "from course_attn import submit\nsubmit()"
ASK = "import course_attn, google.colab\nprint(course_attn.__file__, google.colab.files.downloaded)"
ARROW = re.compile(r"^-+> *(\d+) (.*)$", re.MULTILINE)  # the line that failed, in a traceback of any IPython


def run(sources: list[str], folder: Path, wheel: Path | None, name: str) -> list[Any]:
    """Run cells in a fresh kernel that starts in `folder`; the cells as they came out.

    Raises:
        ColabError: If one fails; with its number, its line and the exception.
    """
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    place = {"metadata": {"path": str(folder)}}
    client = Client(nbformat.v4.new_notebook(cells=cells), timeout=CELL_TIMEOUT, resources=place)
    client.kernel_manager_class = colab.ColabKernel
    client.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
    client.shell_timeout_interval = 5
    try:
        client.execute(env=colab.kernel_environment(folder.parent, wheel))
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as problem:
        count = sum(cell.execution_count is not None for cell in cells)  # nothing runs after the one that failed
        number = count if isinstance(problem, CellExecutionError) else count + 1
        arrow = ARROW.search(ANSI.sub("", getattr(problem, "traceback", "")))
        line = f"line {arrow[1]}: {arrow[2].strip()}" if arrow else sources[number - 1].splitlines()[0]
        what = f"{getattr(problem, 'ename', type(problem).__name__)}: {getattr(problem, 'evalue', '')}"
        where = f"{name}, code cell {number} of {len(cells)}, {line}"
        raise ColabError(f"{where}\n    {what}\n{printed(cells[number - 1])}") from None
    return cells


def printed(cell: Any) -> str:
    """All a cell printed or showed as text, with what may differ from run to run replaced as nbval does."""
    rules = configparser.ConfigParser()
    rules.read(ROOT / "tests" / "nbval_sanitize.cfg", encoding="utf-8")
    shown = (o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell["outputs"])
    text = "".join("".join(part) for part in shown)
    for rule in rules.values():
        text = re.sub(rule["regex"], rule["replace"], text) if "regex" in rule else text
    return text


def play(notebook: Path, wheel: Path, folder: Path) -> str:
    """Run one notebook and its exercises in an empty folder; what was seen, in a line.

    Raises:
        ColabError: If anything is not as it must be.
    """
    began, name, work = time.monotonic(), notebook.stem, folder / notebook.stem / "content"
    work.mkdir(parents=True)
    shutil.copy(notebook, work)
    stored = [c for c in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in stored]
    names = [found for source in sources for found in re.findall(r'^check\("(\w+)"', source, re.MULTILINE)]
    answers = [answer for exercise in names for answer in planted(exercise)]
    extra = [checked(exercise, path) for exercise, path in answers]
    colab.forget_the_course()
    cells = run([*sources, *extra, SUBMIT, ASK], work, wheel, name)
    for number, (new, old) in enumerate(zip(cells[: len(stored)], stored, strict=True), start=1):
        if printed(new) != printed(old):
            raise ColabError(f"{name}, code cell {number} printed\n{printed(new)}\nand not, as stored,\n{printed(old)}")
    for (exercise, path), cell in zip(answers, cells[len(stored) :], strict=False):
        wanted = message(path) if path.stem.startswith("mistake_") else f"{exercise}: passed, all "
        if wanted not in " ".join(printed(cell).split()):
            raise ColabError(f"{name}: {path.relative_to(ROOT)} must get {wanted!r}, got\n{printed(cell)}")
    if not printed(cells[-1]).startswith(f"{colab.ENV}/") or not printed(cells[-1]).endswith(" ['submission.zip']\n"):
        raise ColabError(f"{name}: the course must be the wheel's, one file offered, got {printed(cells[-1])}")
    marked = grade(work / "submission.zip", folder / name, names)
    seconds = time.monotonic() - began
    return (
        f"{name}: {len(stored)} cells printed what is stored, {len(names)} mistakes were named, {len(names)} right "
        f"answers passed, submission.zip was offered and {marked} ({seconds:.0f} s)"
    )


def planted(exercise: str) -> list[tuple[str, Path]]:
    """The first wrong and the first right answer that the tests keep."""
    folder = ROOT / "tests" / "exercises" / catalogue.find(exercise).chapter / exercise
    return [(exercise, sorted(folder.glob(f"{kind}_*.py"))[0]) for kind in ("mistake", "right")]


def message(path: Path) -> str:
    """What a planted mistake must be told: its docstring."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def checked(exercise: str, path: Path) -> str:
    """A cell with an answer and its check, as a reader would have it: without the docstring."""
    text = path.read_text(encoding="utf-8")
    first = ast.parse(text).body[0]
    is_docstring = isinstance(first, ast.Expr)
    answer = "\n".join(text.splitlines()[first.end_lineno if is_docstring else 0 :]).strip()
    return f'{answer}\n\n\nfrom course_attn import check\ncheck("{exercise}", {catalogue.find(exercise).answer})'


def grade(submission: Path, folder: Path, names: list[str]) -> str:
    """Mark what was handed in, as an instructor does."""
    program, out = "course_attn.grading.grade_command", folder / "grades"
    command = [sys.executable, "-m", program, submission, "--out", out]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    table = out / "grades.csv"
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines())) if table.exists() else []
    passed = [row["exercise"] for row in rows if row["exercise"] and float(row["score"]) == float(row["max_score"])]
    if sorted(passed) != sorted(names):
        lacking = ", ".join(sorted(set(names) - set(passed)))
        raise ColabError(f"{submission.name}: course-attn grade must pass {lacking}, got\n{done.stdout}{done.stderr}")
    return f"marked {len(names)} of {len(names)}"


def first_cell_alone(notebook: Path, wheel: Path, folder: Path) -> list[str]:
    """The set-up cell where nothing answers, and where an older course is installed and perhaps in use."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    set_up = next("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    work = folder / "first-cell" / "content"
    work.mkdir(parents=True)
    colab.forget_the_course()
    before = colab.packages()
    nowhere = fails([set_up], work, None, "could not be installed")
    if changed := colab.changes(before, colab.packages()):
        raise ColabError(f"the set-up cell must change nothing where no source answers, got (before, after): {changed}")
    older = colab.build_wheel(folder / "older", OLDER)
    colab.pip("install", "--no-deps", str(older))
    in_use = fails(["import course_attn", set_up], work, wheel, "restart")
    colab.pip("install", "--no-deps", str(older))
    run([set_up], work, wheel, "set-up cell")
    if changed := colab.changes({**before, "course-attn": __version__}, colab.packages()):
        raise ColabError(f"the set-up cell must replace {OLDER} by {__version__} alone, got (wanted, got): {changed}")
    return [
        f"set-up cell, no source answers: {nowhere}",
        f"set-up cell, {OLDER} in use: {in_use}",
        f"set-up cell, {OLDER} installed: became {__version__}; no other package changed in the three",
    ]


def fails(sources: list[str], work: Path, wheel: Path | None, wanted: str) -> str:
    """The exception with which the last cell ends."""
    try:
        run(sources, work, wheel, "set-up cell")
    except ColabError as problem:
        said = str(problem).splitlines()[1].strip()
        if said.startswith("ImportError: ") and wanted in said:
            return said
        raise
    raise ColabError(f"the set-up cell must end in an ImportError with {wanted!r}, got none")
