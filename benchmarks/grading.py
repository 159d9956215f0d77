"""A class of a thousand marked: ``python -m benchmarks.grading`` stores what it took and whether all results agree.

The same submissions are marked by `course-attn grade` on this machine, on a local Dask cluster, and once more with a
kill in the middle and a second run; a smaller part of them with one, two and three processes, and a part without
endless loops, which cost their deadline and say nothing about the grader. Results are compared whole, byte by byte.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import crowd
from benchmarks.attacks import PAGE
from benchmarks.record import RESULTS, provenance, store
from course_attn._whole import write_whole

SECRET, DEADLINE = "a secret for a class that never was", 2.0
PR_SET_CHILD_SUBREAPER = 36
BEGIN, END = "<!-- scale: made by python -m benchmarks.grading --table -->", "<!-- end of scale -->"
STEADY = {"right": 60, "wrong": 40}


def command(folder: Path, out: Path, *options: str) -> list[str]:
    """The command a teacher types."""
    start = [sys.executable, "-m", "course_attn.grading.grade_command", str(folder), "--each", "--out", str(out)]
    return [*start, "--exercise", crowd.EXERCISE, "--deadline", str(DEADLINE), *options]


def start(folder: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    """The command, running in a session of its own."""
    environment = os.environ | {"COURSE_ATTN_SECRET": SECRET, "OMP_NUM_THREADS": "1"}
    log = out.with_suffix(".log")
    with log.open("ab") as told:
        return subprocess.Popen(
            command(folder, out, *options), stdout=told, stderr=told, env=environment, start_new_session=True
        )


def run(folder: Path, out: Path, *options: str) -> dict[str, Any]:
    """Mark a folder to the end. Returns seconds by the clock and by the processors.

    Raises:
        RuntimeError: If the command fails.
    """
    adopt_orphans()
    others = children()
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = start(folder, out, *options)
    if process.wait():
        raise RuntimeError(f"grade ended with {process.returncode}: {out.with_suffix('.log').read_text()[-500:]}")
    wall = time.perf_counter() - clock
    reap(others)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": round(wall, 1), "cpu_s": round(cpu, 1)}


def adopt_orphans() -> None:
    """Sandboxes outlive their graders by a moment: as their new parent this process can count their time too.

    Raises:
        OSError: If the system does not allow it: the times would be too small.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "orphans cannot be adopted")


def children() -> set[int]:
    """The children of this process, whichever thread started them."""
    return {int(pid) for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()}


def reap(others: set[int]) -> None:
    """Wait for all that is left of a run; ``others`` were there before it, and stay."""
    while left := children() - others:
        for pid in left:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def run_killed(folder: Path, out: Path, after: int, *options: str) -> int:
    """Start, kill everything once ``after`` results are there, then run to the end. Returns how many were there."""
    others = children()
    process = start(folder, out, *options)
    while process.poll() is None and known(out) < after:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    reap(others)
    there = known(out)
    run(folder, out, *options)
    return there


def known(out: Path) -> int:
    """How many results are kept."""
    return sum(1 for _ in (out / "cache").glob("*.json"))


def results(out: Path) -> dict[str, str]:
    """Every result by its file, and the tables, whole."""
    files = [*(out / "cache").glob("*.json"), *(out / "results").glob("*.json")]
    files += [out / "grades.csv", out / "junit.xml", out / "similar.csv"]
    return {str(path.relative_to(out)): path.read_text(encoding="utf-8") for path in files}


def study(count: int, part: int, jobs: int) -> dict[str, Any]:
    """Everything that is claimed, measured: numbers and whether the results agree."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        some, steady, whole = root / "some", root / "steady", root / "class"
        crowd.write(some, part)
        runs = {f"{workers} workers": run(some, root / f"w{workers}", "--jobs", str(workers)) for workers in (1, 2, 3)}
        one = results(root / "w1")
        equal = {f"{workers} workers": results(root / f"w{workers}") == one for workers in (2, 3)}
        print(runs, equal, flush=True)
        crowd.write(steady, part, STEADY)
        calm = run(steady, root / "calm", "--jobs", str(jobs))
        print("without endless loops", calm, flush=True)
        made = crowd.write(whole, count)
        alone = run(whole, root / "alone", "--jobs", str(jobs))
        first = results(root / "alone")
        print("one machine", alone, flush=True)
        dask = run(whole, root / "dask", "--jobs", str(jobs), "--cluster", "local")
        equal["Dask cluster"] = results(root / "dask") == first
        print("Dask", dask, equal, flush=True)
        there = run_killed(whole, root / "killed", count // 2, "--jobs", str(jobs))
        equal["killed and resumed"] = results(root / "killed") == first
        print("killed with", there, equal, flush=True)
        again = run(whole, root / "alone", "--jobs", str(jobs))
    return {
        "submissions": made,
        "count": count,
        "part": part,
        "jobs": jobs,
        "deadline_s": DEADLINE,
        "part_runs": runs,
        "without_endless_loops": calm | {"cpu_s_each": round(calm["cpu_s"] / part, 3)},
        "one_machine": alone | {"cpu_s_each": round(alone["cpu_s"] / count, 3)},
        "dask": {"wall_s": dask["wall_s"]},  # its processes end out of sight: their time would be too small
        "killed_with": there,
        "nothing_new": again,
        "equal": equal,
    }


def table() -> str:
    """What the stored result says, for teachers."""
    found = dict(json.loads((RESULTS / "grading_scale.json").read_text(encoding="utf-8")))
    kinds = ", ".join(f"{number} {kind}" for kind, number in found["submissions"].items())
    rows = [
        ("this machine", found["one_machine"], "the measure"),
        ("a local Dask cluster", found["dask"] | {"cpu_s_each": "not measured"}, "equal"),
        ("again, nothing new", found["nothing_new"] | {"cpu_s_each": "–"}, "from the cache"),
    ]
    lines = ["| marked on | minutes | processor seconds a submission | results |", "|---|---|---|---|"]
    for name, run, said in rows:
        lines.append(f"| {name} | {run['wall_s'] / 60:.1f} | {run['cpu_s_each']} | {said} |")
    lines.append(f"| this machine, killed after {found['killed_with']} and run again | – | – | equal |")
    calm = found["without_endless_loops"]["cpu_s_each"]
    *fewer, most = (name.split()[0] for name in found["part_runs"])
    return "\n".join(
        [
            f"{found['count']} made-up submissions of one exercise with five checks ({kinds}),",
            f"marked by {found['jobs']} processes:",
            "",
            *lines,
            "",
            f"The endless loops take {found['deadline_s']:g} s each time they are called; they and the start of the",
            f"processes are counted. {found['part']} right and wrong ones alone took {calm} processor seconds each.",
            f"{found['part']} of all kinds gave equal results with {', '.join(fewer)} and {most} processes.",
            f"Measured on {found['date']}: {found['machine']}, shared with other work; torch {found['torch']}.",
        ]
    )


def page(text: str) -> str:
    """The page with its table made anew.

    Raises:
        ValueError: If the stored results were not equal: the page would say what is not so.
    """
    equal = json.loads((RESULTS / "grading_scale.json").read_text(encoding="utf-8"))["equal"]
    if not all(equal.values()):
        raise ValueError(f"grading: results must be equal, got {equal}")
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--part", type=int, default=120)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--dry", action="store_true", help="store nothing")
    parser.add_argument("--table", action="store_true", help="measure nothing, write the table from the stored result")
    given = parser.parse_args()
    if given.table:
        write_whole(PAGE, page(PAGE.read_text(encoding="utf-8")))
        return
    found = study(given.count, given.part, given.jobs)
    print(found)
    if not given.dry:
        store("grading_scale", provenance(0) | found)


if __name__ == "__main__":
    main()
