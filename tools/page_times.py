"""Measures how long each page takes to execute, and writes the table of the status page.

    python -m tools.page_times                every page
    python -m tools.page_times attention      one page; the others keep what was measured before
    python -m tools.page_times --table        measure nothing, write the table from the stored result

The result is `course_attn/results/page_times.json`, the table stands in `book/status.md` between two comments.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import sys
import time
from pathlib import Path
from typing import Any

if "" not in sys.path and str(Path(__file__).resolve().parents[1]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

if __name__ == "__main__":  # what follows takes seconds to load, and Ctrl+C may come meanwhile
    from course_attn._endings import run

    run("tools.page_times")

from benchmarks.record import provenance
from course_attn._whole import write_whole
from tools.build_notebooks import CellFailed, build
from tools.notebook_text import ROOT, chapters

RESULT = ROOT / "course_attn" / "results" / "page_times.json"
STATUS = ROOT / "book" / "status.md"
BEGIN, END = "<!-- page times: begin, made by `python -m tools.page_times` -->", "<!-- page times: end -->"


def measure(page: Path) -> dict[str, Any]:
    """Execute a page as `make notebooks` does, and say what it took.

    Returns:
        Seconds on the clock, seconds of all processors together (start of the kernel included), code cells, how busy
        the machine was, and where and when.
    """
    used, start = _processor_seconds(), time.perf_counter()
    cells = json.loads(build(page))["cells"]
    seconds, processor = time.perf_counter() - start, _processor_seconds() - used
    return {
        "seconds": round(seconds, 1),
        "processor_seconds": round(processor, 1),
        "cells": sum(cell["cell_type"] == "code" for cell in cells),
        "load": round(os.getloadavg()[0], 1),
        **provenance(seed=0),
    }


def _processor_seconds() -> float:
    """Of the kernels that have ended: other work on the machine does not count in here."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def stored() -> dict[str, dict[str, Any]]:
    """Page → what was measured, in the order of the contents; nothing of pages that are gone."""
    found = json.loads(RESULT.read_text(encoding="utf-8"))["pages"] if RESULT.is_file() else {}
    return {name: found[name] for name in order() if name in found}


def order() -> list[str]:
    """Names of the pages that are executed, as the contents list them, then those not listed yet."""
    listed = re.findall(r"file: (\S+)\.ipynb$", (ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"), re.MULTILINE)
    there = [page.stem for page in chapters()]
    return [name for name in listed if name in there] + [name for name in there if name not in listed]


def table(pages: dict[str, dict[str, Any]]) -> str:
    """The table of the status page, with what they took together."""
    rows = ["| Page | Code cells | Seconds | Processor seconds | Load | Measured |", "|---|---|---|---|---|---|"]
    for name, one in pages.items():
        title = (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8").partition("\n# ")[2].partition("\n")[0]
        where = f"{one['date']}, {one['machine']}, PyTorch {one['torch']}"
        row = [f"[{title}]({name}.ipynb)", one["cells"], one["seconds"], one["processor_seconds"], one["load"], where]
        rows.append(f"| {' | '.join(map(str, row))} |")
    together = (sum(one[what] for one in pages.values()) for what in ("cells", "seconds", "processor_seconds"))
    cells, seconds, processor = together
    rows.append(f"| Together | {cells} | {seconds:.1f} | {processor:.1f} | | |")
    return "\n".join(rows)


def with_table(text: str, pages: dict[str, dict[str, Any]]) -> str:
    """The status page's text with the table of these pages.

    Raises:
        ValueError: If the page has lost the comments the table stands between.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"with_table: {STATUS.name} must hold the comments {BEGIN} and {END}, got neither or one")
    return f"{before}{BEGIN}\n\n{table(pages)}\n\n{END}{after}"


def main(arguments: list[str] | None = None) -> int:
    """Command line: measure the pages named, or all; store; write the table."""
    parser = argparse.ArgumentParser(prog="python -m tools.page_times", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--table", action="store_true", help="measure nothing, write the table only")
    parser.add_argument("names", nargs="*", help="pages, such as attention")
    options = parser.parse_args(arguments)
    known = {page.stem: page for page in chapters()}
    names = [] if options.table else [Path(name).stem for name in options.names] or order()
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no page {unknown[0]}: it must be one of {', '.join(known)}", file=sys.stderr)
        return 1
    for name in names:
        try:
            measured = measure(known[name])
        except CellFailed as problem:
            print(f"{problem}\n{name} keeps what was measured before", file=sys.stderr)
            return 1
        pages = {**stored(), name: measured}
        pages = {name: pages[name] for name in order() if name in pages}
        write_whole(RESULT, json.dumps({"pages": pages}, indent=1, ensure_ascii=False) + "\n")
        print(f"{name}: {pages[name]['seconds']} s, {pages[name]['processor_seconds']} s of processor time", flush=True)
    write_whole(STATUS, with_table(STATUS.read_text(encoding="utf-8"), stored()))
    return 0
