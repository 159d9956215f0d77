"""`course-attn grade PATH...`: marks for what was handed in.

What can be wrong with the command is found before anything is marked.
"""

from __future__ import annotations

import math
import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from course_attn import _checks
from course_attn._endings import told
from course_attn._whole import write_whole
from course_attn.grading import catalogue
from course_attn.grading.marking import autograder, batch, live, reports, similarity, submissions
from course_attn.grading.marking.marks import Terms
from course_attn.grading.sandbox import isolation

INCOMPLETE, MISUSED = 1, 2
LONGEST_CALL = 3600.0
LONGEST_NAME = 200  # bytes, of the 255 that a file's name may have: a number and `.json` follow
SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"  # in a checkout; the wheel has none


def grade(
    paths: Annotated[list[Path], typer.Argument(help="Files, notebooks, zips or folders: one submission each.")],
    each: Annotated[bool, typer.Option("--each", help="Every entry of the folders is a submission.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for results, kept for the next run.")] = Path("grades"),
    exercise: Annotated[list[str] | None, typer.Option(help="Only this exercise counts (repeatable).")] = None,
    results: Annotated[Path | None, typer.Option(help="Gradescope's results.json, for one submission.")] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: one for each core.")] = 1,
    cluster: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, or local.")] = None,
    require_isolation: Annotated[str, typer.Option(help="A, B, C or D; marks need A or B.")] = "B",
    deadline: Annotated[float, typer.Option(min=0.1, max=LONGEST_CALL, help="Seconds one call may take.")] = 5.0,
    solutions: Annotated[Path | None, typer.Option(help="To flag copies; a checkout's own if left out.")] = None,
    make_gradescope: Annotated[bool, typer.Option("--make-gradescope", help="Write Gradescope's zip to PATH.")] = False,
) -> None:
    """Mark submissions in a sandbox. The course's secret is COURSE_ATTN_SECRET, or is made in the results folder."""
    try:
        names = tuple(dict.fromkeys(catalogue.find(name).name for name in exercise or catalogue.exercises()))
        if make_gradescope:  # it marks elsewhere: this machine needs no isolation for it
            _make_gradescope(paths, names, out)
            return
        tier = _isolation(require_isolation)
        _check(paths, results, solutions)
        if math.isnan(deadline):  # an older typer lets it through every range
            raise _checks.error("grade", "--deadline", "a number of seconds", "nan")
        _make_folder(out)
        found = collect(paths, each, out)
        if results is not None and len(found) != 1:
            raise _checks.error("grade", "--results", "left out but for one submission", f"{len(found)} submissions")
        terms = Terms(names, tier.tier, str(tier), secret(out), deadline)
    except (ValueError, OSError) as reason:
        _refuse(reason)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Isolation: {tier}", markup=False)
    try:
        with live.Progress(console, len(found)) as progress:
            many = jobs or os.cpu_count() or 1
            marked, costs = batch.mark_many(found, terms, out / "cache", jobs=many, cluster=cluster, seen=progress.seen)
        known = _texts(solutions or SOLUTIONS)
        similarity.flag_copies(marked, found, known)
        write(marked, out, results)
        write_whole(out / "similar.csv", similarity.table(similarity.pairs(found, known)))
    except (batch.NoCluster, OSError) as reason:
        _refuse(reason)
    lost = sum(result["key"] == "" for result in marked)
    console.print(f"{costs.marked - lost} marked, {costs.known} known already. Written: {out}", markup=False)
    if lost:
        console.print(f"{lost} could not be marked: grades.csv says why. Run the command again for them.")
        raise typer.Exit(INCOMPLETE)


def _refuse(reason: Exception) -> NoReturn:
    """End with a message in place of marks."""
    text = str(reason)
    if isinstance(reason, OSError) and not reason.filename:
        raise reason  # no file of ours: standard output, say, which `told` looks at
    if isinstance(reason, OSError):  # of what the command names; what is wrong with a submission stands in its row
        text = f"grade: {reason.filename}: {reason.strerror}"
    Console(stderr=True, highlight=False, soft_wrap=True).print(live.one_line(text), markup=False)
    raise typer.Exit(MISUSED)


def _isolation(required: str) -> isolation.Isolation:
    if required not in isolation.TIERS:
        raise _checks.error("grade", "isolation", "A, B, C or D", repr(required))
    return isolation.choose(required)


def _check(paths: list[Path], results: Path | None, solutions: Path | None) -> None:
    """What is to be read is there, what is to be written can be."""
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise ValueError(f"grade: there is no {', '.join(missing)}")
    if results is not None:
        _check_writable("--results", results)
    if solutions is not None and not solutions.is_dir():
        raise _checks.error("grade", "--solutions", "a folder", str(solutions))


def _check_writable(name: str, file: Path) -> None:
    folder = file.absolute().parent
    if file.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise _checks.error("grade", name, "a file in a folder that can be written to", str(file))


def _make_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise _checks.error("grade", "--out", "a folder", f"the file {out}")
    out.mkdir(parents=True, exist_ok=True)
    if not os.access(out, os.W_OK):
        raise _checks.error("grade", "--out", "a folder that can be written to", str(out))


def _make_gradescope(paths: list[Path], names: tuple[str, ...], out: Path) -> None:
    """Write Gradescope's zip to the one path given."""
    if len(paths) != 1:
        raise _checks.error("grade", "PATH", "one, that of the zip to write", f"{len(paths)}")
    _check_writable("PATH", paths[0])
    _make_folder(out)
    autograder.make(paths[0], names, secret(out))
    typer.echo(f"Written: {paths[0]}. It holds the secret: upload it, and give it to no one.")


def secret(out: Path) -> str:
    """The course's secret, from which the seeds of the checks come."""
    given = os.environ.get("COURSE_ATTN_SECRET")
    if given:
        if any("\ud800" <= letter <= "\udfff" for letter in given):  # bytes that are no text come as these
            raise _checks.error("grade", "COURSE_ATTN_SECRET", "UTF-8 text", "bytes that are none")
        return given
    out.mkdir(parents=True, exist_ok=True)
    path = out / "secret"
    if not path.exists():
        _make_secret(path)
    kept = path.read_bytes().strip()
    if not kept or not kept.isascii():
        got = "other text" if kept else "an empty file"
        advice = "put the secret back, or delete the file: the next run makes a new one and marks everything again"
        raise _checks.error("grade", str(path), "the course's secret, in ASCII", got, advice)
    return kept.decode()


def _make_secret(path: Path) -> None:
    """Write a new secret; the file has its name only when it is whole."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".secret-", suffix=".tmp")  # for its owner alone
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        os.replace(temporary, path)
    except BaseException as reason:
        os.unlink(temporary)
        if isinstance(reason, OSError):  # what an open file says of a full disk does not name it
            raise OSError(reason.errno, reason.strerror, str(path)) from None
        raise


def collect(paths: list[Path], each: bool, out: Path) -> list[submissions.Submission]:
    """Read the submissions; names that come twice get a number.

    Args:
        paths: What the command names.
        each: Whether every entry of a folder is a submission.
        out: The folder for results: among the entries it is none.
    """
    entries: list[Path] = []
    for path in paths:
        if each and path.is_dir():
            inside = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
            entries += [entry for entry in inside if os.path.realpath(entry) != os.path.realpath(out)]
        else:
            entries.append(path)
    found, taken = [], set()
    for entry in entries:
        whole = Path(os.path.abspath(entry))  # not resolve: a link has its own name, and may lead in a circle
        base = re.sub(r"[^\w.@-]", "_", whole.name if whole.is_dir() else whole.stem) or "submission"
        base = base.encode()[:LONGEST_NAME].decode(errors="ignore")
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        found.append(submissions.read(entry, name))
    return found


def write(marked: list[dict[str, Any]], out: Path, results: Path | None) -> None:
    """The reports: for all, and Gradescope's for each."""
    folder = out / "results"
    folder.mkdir(parents=True, exist_ok=True)
    for result in marked:
        write_whole(folder / f"{result['submission']}.json", reports.gradescope(result))
    write_whole(out / "grades.csv", reports.table(marked))
    write_whole(out / "junit.xml", reports.junit(marked))
    if results is not None and len(marked) == 1:
        write_whole(results, reports.gradescope(marked[0]))


def _texts(solutions: Path) -> dict[str, str]:
    """The solutions by exercise, if there is a folder of them."""
    answers = submissions.read(solutions).answers if solutions.is_dir() else {}
    return {name: text for name, (_, text) in answers.items()}


if __name__ == "__main__":
    told(lambda: typer.run(grade), "course-attn grade")
