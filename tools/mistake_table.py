"""Writes `book/mistakes.md`: every exercise, every planted mistake, and what a learner who makes it reads.

    python -m tools.mistake_table             run every planted answer, write the page
    python -m tools.mistake_table --check     write nothing; exit code 1 if the page is not what would be written

Nothing is written while a mistake passes, is not named, or gets the message of another: then the exercise needs work,
not the page.
"""

from __future__ import annotations

import argparse
import ast
import sys
from dataclasses import dataclass, field
from pathlib import Path

if "" not in sys.path and str(Path(__file__).resolve().parents[1]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

if __name__ == "__main__":  # what follows takes seconds to load, and Ctrl+C may come meanwhile
    from course_attn._endings import run

    run("tools.mistake_table")

from course_attn._whole import write_whole
from course_attn.grading import catalogue, loading, report, runner
from course_attn.grading.catalogue import Exercise

ROOT = Path(__file__).resolve().parent.parent
PLANTED = ROOT / "tests" / "exercises"
PAGE = ROOT / "book" / "mistakes.md"
HEAD = """\
---
nosearch: true  # the messages tell the answers; and the index is a part of every page's weight
myst:
  html_meta:
    description: "Each planted mistake of each exercise and the message its learner reads: made by running them."
---

<!-- Made by `python -m tools.mistake_table`. Edit the exercises, not this page. -->

# What the checks recognise

A check that only says *wrong* teaches little. Beside each exercise stand wrong answers that people really give, and
the tests require that each gets its own message and none gets the message of another. This page lists them all: the
name of what was planted, what its learner reads, and the check that stops it. Every report also shows the line that the
result came from, and numbers. The wrong answers themselves lie in the repository, in `tests/exercises`. The messages
tell nearly every answer, so solve first and look here later.
"""


@dataclass
class Row:
    """One planted mistake.

    Args:
        stem: Its name: the file's, without ``mistake_`` and ending.
        message: The message that must come, and came.
        check: The check that stopped it.
        length: Lines of the whole report.
    """

    stem: str
    message: str
    check: str
    length: int


@dataclass
class Section:
    """One exercise: its mistakes, how many right answers pass, and what is not as it should be."""

    exercise: Exercise
    rows: list[Row] = field(default_factory=list)
    right: int = 0
    problems: list[str] = field(default_factory=list)


def section(exercise: Exercise) -> Section:
    """Run everything planted for an exercise."""
    folder = PLANTED / exercise.chapter / exercise.name
    made = Section(exercise)
    mistakes = sorted(folder.glob("mistake_*.py"))
    wanted = {path: message_of(path) for path in mistakes}
    for path, message in wanted.items():
        found = runner.run(exercise, loading.load(path, exercise.name))
        text = report.as_text(found)
        flat = " ".join(text.split())
        others = [other for other in wanted.values() if other != message and other in flat]
        if found.failure is None or message not in flat or others:
            made.problems.append(f"{exercise.name}/{path.name}: wanted {message!r}, got\n{text}")
            continue
        stem = path.stem.removeprefix("mistake_").replace("_", " ")
        made.rows.append(Row(stem, message, found.failure.title, len(text.splitlines())))
    for path in sorted(folder.glob("right_*.py")):
        if runner.run(exercise, loading.load(path, exercise.name)).passed:
            made.right += 1
        else:
            made.problems.append(f"{exercise.name}/{path.name}: a right answer that does not pass")
    return made


def message_of(path: Path) -> str:
    """The message that a planted mistake must get: its docstring."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def page(sections: list[Section]) -> str:
    """The text of the page."""
    total = sum(len(one.rows) for one in sections)
    longest = max(row.length for one in sections for row in one.rows)
    parts = [
        HEAD,
        f"**Counted while this page was made:** {len(sections)} exercises with {total} planted mistakes, each stopped "
        f"with its own message;\n{sum(one.right for one in sections)} right answers written in other ways than the "
        f"course's, each of which passes. The longest\nreport has {longest} lines.\n",
        table(["Exercise", "Checks", "Mistakes named", "Right answers passed"], [_counts(one) for one in sections]),
    ]
    chapter = ""
    for one in sections:
        if one.exercise.chapter != chapter:
            chapter = one.exercise.chapter
            parts.append(f"## {chapter_title(chapter)}\n")
        parts.append(f"### {one.exercise.title}\n")
        parts.append(f"`{one.exercise.name}`: {len(one.rows)} mistakes.\n")
        rows = [[_cell(row.stem), _cell(row.message), _cell(row.check)] for row in one.rows]
        listing = table(["Planted", "What its learner reads", "The check that stops it"], rows)
        summary = f"Mistakes of {one.exercise.title}"
        parts.append(f"<details>\n<summary>{summary}</summary>\n\n{listing}\n</details>\n")
    return "\n".join(parts)


def _counts(one: Section) -> list[str]:
    number = len(runner.checks_of(one.exercise))
    return [f"`{one.exercise.name}`", str(number), str(len(one.rows)), str(one.right)]


def chapter_title(folder: str) -> str:
    """`Chapter 1: Attention`, with the chapter's own title where it is written already."""
    number, _, name = folder.partition("_")
    text = ROOT / "book" / f"{name}.md"
    lines = text.read_text(encoding="utf-8").splitlines() if text.is_file() else []
    heading = next((line[2:] for line in lines if line.startswith("# ")), name.replace("_", " ").capitalize())
    return f"Chapter {int(number.removeprefix('ch'))}: {heading.strip()}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    """Prose in a table: what would be read as mark-up is escaped, code between backticks stays as it is."""
    parts = " ".join(text.split()).replace("|", "\\|").split("`")
    for place in range(0, len(parts), 2):
        for sign in "*_$<":
            parts[place] = parts[place].replace(sign, f"\\{sign}")
    return "`".join(parts)


def main(arguments: list[str] | None = None) -> int:
    """Command line: write or compare the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.mistake_table", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    options = parser.parse_args(arguments)
    sections = []
    for exercise in catalogue.exercises().values():
        sections.append(section(exercise))
        print(f"{exercise.name}: {len(sections[-1].rows)} mistakes named", flush=True)
    problems = [problem for one in sections for problem in one.problems]
    if problems:
        print("\n".join([*problems, f"{PAGE.name} was left as it was"]), file=sys.stderr)
        return 1
    text = page(sections)
    same = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
    if not same and not options.check:
        write_whole(PAGE, text)
    print(f"book/{PAGE.name}: {'unchanged' if same else 'differs' if options.check else 'written'}")
    return int(options.check and not same)
