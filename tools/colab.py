"""Runs every notebook as a reader does in Colab, and says whether all came out.

    python -m tools.colab                every chapter (`make test-colab`)
    python -m tools.colab attention      one chapter
    python -m tools.colab --keep         leaves the working folders and says where they are
    python -m tools.colab --prepare      makes the environment and fetches the pages' files; all else needs no network

Colab's package versions (as far as this Python has them), a stand-in for `google.colab`, an empty folder with nothing
but the notebook in it, the course as a wheel. A notebook runs from its first cell, which installs the course; then each
exercise gets a wrong answer, whose mistake must be named, and a right one, and `submit()` packs what
`course-attn grade` must pass. What pip lists before and after may differ by the course alone.

A cell must print what the committed notebook has, the addresses of objects apart. Figures are not compared: here
another matplotlib draws them.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

if __name__ == "__main__":  # what follows takes seconds to load, and Ctrl+C may come meanwhile
    from course_attn._endings import run

    run("tools.colab")

from filelock import FileLock

from course_attn._version import __version__
from tools import colab_environment as colab
from tools import page_files
from tools.colab_environment import ROOT, ColabError
from tools.colab_session import first_cell_alone, play

RECORD = ROOT / "_build" / "colab"  # what pip listed before and after


def report(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What pip lists before and after, compared package by package; both lists are kept in `_build/colab`.

    Raises:
        ColabError: If anything but the course was added, taken away or changed.
    """
    RECORD.mkdir(parents=True, exist_ok=True)
    for name, listed in (("before", before), ("after", after)):
        text = "".join(f"{package}=={version}\n" for package, version in sorted(listed.items()))
        (RECORD / f"{name}.txt").write_text(text, encoding="utf-8")
    changed = colab.changes(before, after)
    if set(changed) != {"course-attn"}:
        raise ColabError(f"nothing but course-attn may change, got (before, after): {changed}")
    return [
        f"packages: {len(before)} before, {len(after)} after: course-attn {__version__} was added, no other was added, "
        f"taken away or changed ({RECORD.relative_to(ROOT)}/before.txt, after.txt)",
        f"pip check: {colab.pip('check').strip()}",
    ]


def environment_lines() -> list[str]:
    """What of Colab is here and what is not."""
    pins = colab.pins()
    other = [f"  {name} {version}: {reason}" for name, (version, reason) in pins.items() if reason]
    python, same = f"Python {platform.python_version()}", len(pins) - len(other)
    return [
        f"environment: {python} (Colab: {colab.COLAB_PYTHON}), {same} packages at Colab's version, others not:",
        *other,
    ]


def prepare(notebooks: list[Path]) -> None:
    """Make the environment, and have the pages' files in the cache: what needs the network.

    Raises:
        ColabError: If either cannot be had.
    """
    colab.prepare()
    lacking = page_files.missing({name for notebook in notebooks for name in page_files.needs_of(notebook)})
    if lacking and page_files.main([str(notebook) for notebook in notebooks]):
        raise ColabError(f"the pages need {', '.join(lacking)}: {page_files.command(lacking)}")


def trial(notebooks: list[Path], folder: Path) -> None:
    """Everything after the environment, told line by line."""
    wheel = colab.build_wheel(folder / "wheel")
    colab.forget_the_course()
    before = colab.packages()
    _say(*environment_lines(), f"wheel: {wheel.name}, {wheel.stat().st_size // 1024} kB")
    _say(*first_cell_alone(notebooks[0], wheel, folder))
    for notebook in notebooks:
        _say(play(notebook, wheel, folder))
    _say(*report(before, colab.packages()))


def _say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Command line; the exit code is 1, with the reason, if anything is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tools.colab", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--prepare", action="store_true", help="only what needs the network")
    parser.add_argument("--keep", action="store_true", help="leave the working folders")
    parser.add_argument("--book", type=Path, default=ROOT / "book", help="folder of the notebooks")
    parser.add_argument("names", nargs="*", help="chapters, such as attention")
    options = parser.parse_args(arguments)
    known = {path.stem: path for path in sorted(options.book.glob("*.ipynb"))}
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"no chapter {unknown[0]}: it must be one of {', '.join(known)}")
    notebooks = [known[name] for name in options.names or known]
    began, folder = time.monotonic(), Path(tempfile.mkdtemp(prefix="course-colab-"))
    try:
        with FileLock(f"{colab.ENV}.lock"):  # two runs at once would install and remove in one environment
            prepare(notebooks)
            if not options.prepare:
                trial(notebooks, folder)
    except ColabError as problem:
        print(f"failed: {problem}", file=sys.stderr)
        return 1
    finally:
        if options.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"passed in {(time.monotonic() - began) / 60:.1f} min")
    return 0
