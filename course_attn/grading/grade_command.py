"""`course-attn grade PATH...`: marks for what was handed in."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from course_attn.grading import catalogue
from course_attn.grading.marking import autograder, batch, reports, similarity, submissions
from course_attn.grading.marking.marks import Terms
from course_attn.grading.sandbox import isolation

MISUSED = 2
SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"  # in a checkout; the wheel has none


def grade(
    paths: Annotated[list[Path], typer.Argument(help="Files, notebooks, zips or folders: one submission each.")],
    each: Annotated[bool, typer.Option("--each", help="Every entry of the folders is a submission.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for results, kept for the next run.")] = Path("grades"),
    exercise: Annotated[list[str] | None, typer.Option(help="Only this exercise counts (repeatable).")] = None,
    results: Annotated[Path | None, typer.Option(help="Gradescope's results.json, for one submission.")] = None,
    jobs: Annotated[int, typer.Option(help="Processes; 0: one for each core.")] = 1,
    cluster: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, or local.")] = None,
    require_isolation: Annotated[str, typer.Option(help="A, B, C or D; marks need A or B.")] = "B",
    deadline: Annotated[float, typer.Option(help="Seconds one call may take.")] = 5.0,
    solutions: Annotated[Path | None, typer.Option(help="To flag copies; a checkout's own if left out.")] = None,
    make_gradescope: Annotated[bool, typer.Option("--make-gradescope", help="Write Gradescope's zip to PATH.")] = False,
) -> None:
    """Mark submissions in a sandbox. The course's secret is COURSE_ATTN_SECRET, or is made in the results folder."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    if require_isolation not in isolation.TIERS:
        errors.print(f"grade: isolation must be A, B, C or D, got {require_isolation!r}", markup=False)
        raise typer.Exit(MISUSED)
    try:
        names = tuple(catalogue.find(name).name for name in exercise or catalogue.exercises())
        if make_gradescope:  # it marks elsewhere: this machine needs no isolation for it
            autograder.make(paths[0], names, secret(out))
            typer.echo(f"Written: {paths[0]}. It holds the secret: upload it, and give it to no one.")
            return
        tier = isolation.choose(require_isolation)
    except ValueError as reason:
        errors.print(str(reason), markup=False)
        raise typer.Exit(MISUSED) from None
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        errors.print(f"grade: there is no {', '.join(missing)}", markup=False)
        raise typer.Exit(MISUSED)
    terms = Terms(names, tier.tier, str(tier), secret(out), deadline)
    found = collect(paths, each)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Isolation: {tier}", markup=False)
    marked, costs = _mark(found, terms, out / "cache", jobs or os.cpu_count() or 1, cluster, console)
    known = _texts(solutions or SOLUTIONS)
    similarity.flag_copies(marked, found, known)
    write(marked, out, results)
    (out / "similar.csv").write_text(similarity.table(similarity.pairs(found, known)), encoding="utf-8")
    console.print(f"{costs.marked} marked, {costs.known} known already. Written: {out}", markup=False)


def secret(out: Path) -> str:
    """The course's secret, from which the seeds of the checks come."""
    given = os.environ.get("COURSE_ATTN_SECRET")
    if given:
        return given
    out.mkdir(parents=True, exist_ok=True)
    path = out / "secret"
    if not path.exists():
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    return path.read_text(encoding="ascii").strip()


def collect(paths: list[Path], each: bool) -> list[submissions.Submission]:
    """Read the submissions; names that come twice get a number."""
    entries: list[Path] = []
    for path in paths:
        inside = sorted(entry for entry in path.iterdir() if not entry.name.startswith(".")) if path.is_dir() else []
        entries += inside if each and path.is_dir() else [path]
    found, taken = [], set()
    for entry in entries:
        whole = Path(os.path.abspath(entry))  # not resolve: a link has its own name, and may lead in a circle
        base = re.sub(r"[^\w.@-]", "_", whole.name if whole.is_dir() else whole.stem) or "submission"
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
        (folder / f"{result['submission']}.json").write_text(reports.gradescope(result), encoding="utf-8")
    (out / "grades.csv").write_text(reports.table(marked), encoding="utf-8")
    (out / "junit.xml").write_text(reports.junit(marked), encoding="utf-8")
    if results is not None and len(marked) == 1:
        results.write_text(reports.gradescope(marked[0]), encoding="utf-8")


def _mark(
    found: list[submissions.Submission], terms: Terms, cache: Path, jobs: int, cluster: str | None, console: Console
) -> tuple[list[dict[str, Any]], batch.Costs]:
    """Mark, with a bar on a terminal and a line for each submission elsewhere."""
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Marking", total=len(found))

        def seen(result: dict[str, Any]) -> None:
            flagged = sum(bool(exercise["flags"]) for exercise in result["exercises"])
            notes = f", flags on {flagged}" if flagged else ""
            notes += f", {result['problems'][0][:100]}" if result["problems"] else ""
            text = f"{result['submission']}: {result['score']:g} of {result['max_score']:g}{notes}"
            progress.console.print(text, markup=False)
            progress.advance(task)

        return batch.mark_many(found, terms, cache, jobs=jobs, cluster=cluster, seen=seen)


def _texts(solutions: Path) -> dict[str, str]:
    """The solutions by exercise, if there is a folder of them."""
    answers = submissions.read(solutions).answers if solutions.is_dir() else {}
    return {name: text for name, (_, text) in answers.items()}


if __name__ == "__main__":
    typer.run(grade)
