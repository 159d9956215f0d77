"""Makes the stubs out of `solutions/`, the single source of each exercise.

    python tools/build_exercises.py           write the stubs
    python tools/build_exercises.py --check   only compare; exit code 1 if one is not what its solution gives

Each stub is written twice: to `exercises/`, where learners edit it, and to `course_attn/grading/stubs/`,
which travels with the package and stays as it is.

The lines between `# BEGIN SOLUTION` and `# END SOLUTION` become `raise NotImplementedError`. Lines of comment
between `# BEGIN GIVEN` and `# END GIVEN` (the faulty code of a "find the bug") lose their `# ` and follow it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from course_attn._endings import told
from course_attn._whole import write_whole
from course_attn.grading.catalogue import Exercise, exercises

ROOT = Path(__file__).parents[1]
PACKAGED = Path("course_attn/grading/stubs")
BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
BEGIN_GIVEN, END_GIVEN = "# BEGIN GIVEN", "# END GIVEN"
EMPTY = ("# Your answer here.", "raise NotImplementedError")
FAULTY = ("raise NotImplementedError  # delete this line, then repair the rest",)


def stub_of(source: str, exercise: Exercise) -> str:
    """The stub for a solution file.

    Args:
        source: Text of the solution file.
        exercise: Gives the title, which must open the docstring, and the line of facts put below it.

    Raises:
        ValueError: If the docstring does not open with the title, or a mark is missing or doubled.
    """
    where = f"solutions/{exercise.chapter}/{exercise.name}.py"
    opening = f'"""{exercise.title}.\n'
    if not source.removeprefix("r").startswith(opening):
        raise ValueError(f"{where}: first line must be {opening.strip()}, got {source.splitlines()[0]}")
    source = source.replace(opening, f"{opening}\n{exercise.facts}\n", 1)
    before, given, after = _cut(source, BEGIN_GIVEN, END_GIVEN, where) if BEGIN_GIVEN in source else (source, "", None)
    if after is None:
        before, answer, after = _cut(source, BEGIN, END, where)
    else:
        between, answer, after = _cut(after, BEGIN, END, where)
        before += between
    first = next(line for line in answer.splitlines() if line.strip())
    indent = " " * (len(first) - len(first.lstrip(" ")))
    lines = [indent + line for line in (FAULTY if given else EMPTY)]
    lines += [line.replace("# ", "", 1) for line in given.splitlines()]
    return before + "\n".join(lines) + "\n" + after


def _cut(text: str, begin: str, end: str, where: str) -> tuple[str, str, str]:
    """Text before, between and after two lines of marks."""
    lines = text.splitlines(keepends=True)
    first = [number for number, line in enumerate(lines) if line.strip() == begin]
    last = [number for number, line in enumerate(lines) if line.strip() == end]
    if len(first) != 1 or len(last) != 1 or first[0] + 1 >= last[0]:
        raise ValueError(f"{where}: must have one `{begin}` and one `{end}` after it, got {len(first)} and {len(last)}")
    return "".join(lines[: first[0]]), "".join(lines[first[0] + 1 : last[0]]), "".join(lines[last[0] + 1 :])


def stubs(root: Path = ROOT) -> dict[Path, str]:
    """Path and text of every stub, for the solutions under ``root``."""
    made = {}
    for exercise in exercises().values():
        source = root / "solutions" / exercise.chapter / f"{exercise.name}.py"
        if not source.is_file():
            raise ValueError(
                f"build_exercises: {exercise.name} must have a solution, got no {source.relative_to(root)}"
            )
        text = stub_of(source.read_text(encoding="utf-8"), exercise)
        made[root / "exercises" / exercise.chapter / f"{exercise.name}.py"] = text
        made[root / PACKAGED / exercise.chapter / f"{exercise.name}.py.txt"] = text
    return made


def drift(root: Path = ROOT) -> list[str]:
    """One line for each stub that is missing, stale, or has no solution behind it."""
    wanted = stubs(root)
    found = []
    for path, text in wanted.items():
        if not path.is_file() or path.read_bytes() != text.encode():
            found.append(f"{path.relative_to(root)} is not what its solution gives")
    for path in sorted([*(root / "exercises").glob("ch*/*.py"), *(root / PACKAGED).glob("ch*/*.txt")]):
        if path not in wanted:
            found.append(f"{path.relative_to(root)} has no solution")
    return found


def main() -> int:
    """Write or compare the stubs."""
    parser = argparse.ArgumentParser(description="Make the stubs out of solutions/.")
    parser.add_argument("--check", action="store_true", help="compare only")
    try:
        if parser.parse_args().check:
            found = drift()
            print(
                "\n".join([*found, "run: python tools/build_exercises.py"] if found else ["the stubs are up to date"])
            )
            return 1 if found else 0
        for path, text in stubs().items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, text)
            print(path.relative_to(ROOT))
    except ValueError as reason:
        print(reason)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(told(main, "python tools/build_exercises.py"))
