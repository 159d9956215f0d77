"""Runs every test: package, exercises, book, notebooks, site.

python3 -m tools.test                    all of it
python3 -m tools.test --slow             the tests that take minutes instead
python3 -m tools.test --gpu              those that need an accelerator, and every notebook beside it
python3 -m tools.test --only notebooks   one part; may be repeated
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from course_attn._endings import told
from tools import book, env

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Part:
    """One run of pytest."""

    name: str
    arguments: tuple[str, ...]
    needs_site: bool = False
    fetch: str = ""  # a module that fills the cache before the tests, which use no network


NBVAL = ("--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg")
PARTS = (
    Part("package", ("tests", "--ignore=tests/exercises", "--ignore=tests/book", "--ignore=tests/site")),
    Part("exercises", ("tests/exercises",)),
    Part("book", ("tests/book",)),
    Part("notebooks", ("book", *NBVAL), fetch="tools.page_files"),
    Part("site", ("tests/site",), needs_site=True),
)
# Another processor rounds otherwise: the notebooks are executed, and their outputs not compared.
GPU = (
    Part("tests on the accelerator", ("tests", "-m", "gpu")),
    Part("notebooks on the accelerator", ("book", "--nbval-lax", *NBVAL[1:]), fetch="tools.page_files"),
)
SLOW = (Part("slow tests", ("tests", "-m", "slow"), needs_site=True),)


def run(part: Part, python: Path) -> bool:
    """Run one part; a part in which no test was found has failed."""
    if part.needs_site and not book.build(python):
        return False
    print(f"== {part.name}", flush=True)
    if part.fetch:  # what cannot be had is told by the tests: skipped with the reason, with CI=true an error
        subprocess.run([str(python), "-m", part.fetch], cwd=ROOT, check=False)
    command, began = [str(python), "-m", "pytest", "-q", *part.arguments], time.monotonic()
    passed = subprocess.run(command, cwd=ROOT, env=_environment(python)).returncode == 0
    minutes = (time.monotonic() - began) / 60
    print(f"== {part.name}: {'passed' if passed else 'failed'} in {minutes:.1f} min", flush=True)
    return passed


def _environment(python: Path) -> dict[str, str]:
    """One thread a process, so that numbers and times do not depend on the machine's other work; the browser."""
    browser = env.find_browser()
    return {
        "OMP_NUM_THREADS": "1",
        **os.environ,
        "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        **({"CHROME": browser} if browser else {}),
    }


def accelerator(python: Path) -> str:
    """The kind of the device that the environment's torch picks, "cuda" or "mps"; "" where it is the CPU."""
    command = [str(python), "-c", "import course_attn; print(course_attn.device().type)"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        why = (done.stderr.strip() or "no message").splitlines()[-1]
        raise env.SetupError(f"test: the environment's torch must be usable, got\n    {why}")
    kind = done.stdout.strip()
    return "" if kind == "cpu" else kind


def main(arguments: list[str] | None = None) -> int:
    """Command line: environment, then the parts; the exit code is 1 if any failed."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.test", description="Runs every test.")
    parser.add_argument("--slow", action="store_true", help="only the tests that take minutes")
    parser.add_argument("--gpu", action="store_true", help="only what an accelerator is needed for")
    parser.add_argument("--only", action="append", choices=[part.name for part in PARTS], help="one part")
    options = parser.parse_args(arguments)
    try:
        python = env.prepare("book" if options.gpu else "test")  # no browser for an accelerator
        _environment(python)  # a wrong $CHROME is told before anything runs
        skipped = options.gpu and not accelerator(python)
    except env.SetupError as problem:
        print(problem, file=sys.stderr)
        return 1
    if options.slow:  # the real files and Colab's packages, fetched before the tests, which use no network
        for fetch in (["course_attn.data"], ["course_attn.pretrained"], ["tools.colab", "--prepare"]):
            subprocess.run([str(python), "-m", *fetch], cwd=ROOT, check=False)
    if skipped:
        print("== accelerator: skipped, torch finds neither CUDA nor MPS on this machine", flush=True)
        return 0
    chosen = [part for part in PARTS if not options.only or part.name in options.only]
    parts = GPU if options.gpu else SLOW if options.slow else chosen
    failed = [part.name for part in parts if not run(part, python)]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(told(main, "python3 -m tools.test"))
