"""Makes `book/x.ipynb`, executed, from `book/x.md`. The same text and code give the same file, byte for byte.

python -m tools.build_notebooks               every chapter
python -m tools.build_notebooks attention     one chapter
python -m tools.build_notebooks --check       write nothing; exit code 1 if a notebook is not what would be written
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

if "" not in sys.path and str(Path(__file__).resolve().parents[1]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

if __name__ == "__main__":  # what follows takes seconds to load, and Ctrl+C may come meanwhile
    from course_attn._endings import run

    os.environ.setdefault("PYTHONHASHSEED", "0")
    run("tools.build_notebooks")

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from course_attn._whole import write_whole
from tools.figures import settle_matplotlib
from tools.notebook_text import KEY, canonical, cells_hash, chapters, content_hash, sha256
from tools.plain_notebook import plain_cells

ROOT = Path(__file__).resolve().parent.parent
CELL_TIMEOUT = 300  # seconds; a page should need less than 60 altogether
ANSI = re.compile(r"\x1b\[[0-9;]*m")


class CellFailed(Exception):
    """A cell of a chapter raised; the text says which and where."""


class Client(NotebookClient):
    """Stores what nbval will see: no imitation of ipywidgets' Output, no clear_output.

    nbclient's imitation writes to the shell socket while polling it, and about one `@interact` cell in sixty then
    hangs until its timeout (nbclient issue 312).
    """

    def on_comm_open_jupyter_widget(self, msg: dict[str, Any]) -> None:
        """Leave Output widgets alone."""

    def execute(self, **options: Any) -> None:
        """Run every cell; Ctrl+C ends the kernel too."""
        try:
            super().execute(**options)
        except (asyncio.CancelledError, DeadKernelError):  # nbclient takes one for the other
            if self.shutdown_kernel != "immediate":
                raise
            raise KeyboardInterrupt from None

    async def async_start_new_kernel(self, **options: Any) -> None:
        """At Ctrl+C stop what runs: nbclient would end the kernel under it, and fail over what is gone."""
        loop = asyncio.get_running_loop()

        def stop() -> None:
            self.shutdown_kernel = "immediate"
            for task in asyncio.all_tasks(loop):  # this one, and those that wait for the kernel
                task.cancel()

        with suppress(RuntimeError):  # not in the main thread; or Windows, where nbclient leaves it to Python
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stop)
        await super().async_start_new_kernel(**options)

    def clear_output(self, outs: list[Any], msg: dict[str, Any], cell_index: int) -> None:
        """Keep what was printed."""


def build(markdown: Path) -> str:
    """Execute one chapter and return the text of its notebook.

    Raises:
        CellFailed: If a cell raises, takes too long or kills the kernel.
        ValueError: If a marker names no exercise, a label or a citation is unknown, or something of MyST is left.
    """
    text = markdown.read_text(encoding="utf-8")
    notebook = plain_cells(markdown)
    cells = cells_hash(notebook.cells)  # before nbclient adds to the metadata
    _execute(notebook, markdown, text)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _joined_streams(cell.outputs)
    made = canonical(json.loads(json.dumps(notebook)))
    hashes = {"source_sha256": sha256(text), "cells_sha256": cells, "content_sha256": content_hash(made)}
    made["metadata"][KEY] = hashes
    return json.dumps(made, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _execute(notebook: Any, markdown: Path, text: str) -> None:
    """Run every cell in a fresh kernel, saying which one is running."""
    code = [number for number, cell in enumerate(notebook.cells) if cell.cell_type == "code"]

    def progress(cell: Any, cell_index: int) -> None:
        if cell_index in code:
            _say(f"  {markdown.stem}: cell {code.index(cell_index) + 1} of {len(code)}")

    folder = {"metadata": {"path": str(markdown.parent)}}
    client = Client(notebook, timeout=CELL_TIMEOUT, kernel_name="python3", record_timing=False, resources=folder)
    client.on_cell_start = progress
    client.extra_arguments = ["--IPKernelApp.log_level=ERROR"]  # or each kernel warns that TCP is not encrypted
    client.shell_timeout_interval = 5
    settle_matplotlib()
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise CellFailed(_report(error, notebook, code, markdown, text)) from None
    finally:
        _say("")


def _report(error: Exception, notebook: Any, code: list[int], markdown: Path, text: str) -> str:
    """Notebook, cell, line in the .md and the exception, in two lines."""
    started = [number for number in code if notebook.cells[number].get("execution_count") is not None]
    failed = [n for n in code if any(o.output_type == "error" for o in notebook.cells[n].get("outputs", []))]
    last = failed[-1] if failed else code[min(len(started), len(code) - 1)]
    source = notebook.cells[last].source
    lines, start = source.splitlines() or [""], text.find(source)
    inside = 1
    if isinstance(error, CellExecutionError):
        where = re.findall(r"Cell In\[\d+\], line (\d+)", ANSI.sub("", error.traceback))
        inside = min(int(where[0]), len(lines)) if where else 1
        what = f"{error.ename}: {error.evalue}"
    elif isinstance(error, CellTimeoutError):
        what = f"it took longer than {CELL_TIMEOUT} s"
    else:
        what = "the kernel died"
    place = f"line {text.count(chr(10), 0, start) + inside}" if start >= 0 else "filled in from a marker"
    return (
        f"book/{markdown.name}, cell {code.index(last) + 1} of {len(code)}, {place}: {what}\n"
        f"    {lines[inside - 1].strip()}"
    )


def _joined_streams(outputs: list[Any]) -> list[Any]:
    """Join neighbouring pieces of one stream: how a text is cut depends on timing."""
    joined: list[Any] = []
    for output in outputs:
        before = joined[-1] if joined else None
        if before and output.output_type == "stream" == before.output_type and output.name == before.name:
            before.text += output.text
        else:
            joined.append(output)
    return joined


def _say(line: str) -> None:
    """Progress: one line written over on a terminal, one line a cell elsewhere."""
    if sys.stdout.isatty():
        print(f"\r{line:<70}\r" if not line else f"\r{line:<70}", end="", flush=True)
    elif line:
        print(line, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Command line: build or check the chapters named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tools.build_notebooks", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    parser.add_argument("names", nargs="*", help="chapters, such as attention or book/attention.md")
    options = parser.parse_args(arguments)
    known = {page.stem: page for page in chapters()}
    wanted = [Path(name).stem for name in options.names] or list(known)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"no chapter {unknown[0]}: it must be one of {', '.join(known)}", file=sys.stderr)
        return 1
    bad = 0
    for name in wanted:
        path = known[name].with_suffix(".ipynb")
        try:
            made = build(known[name])
        except (CellFailed, ValueError) as problem:
            print(f"{problem}\n{path.name} was left as it was", file=sys.stderr)
            bad += 1
            continue
        same = path.exists() and path.read_text(encoding="utf-8") == made
        if not same and not options.check:
            write_whole(path, made)
        bad += options.check and not same
        state = "unchanged" if same else "differs: run `make notebooks`" if options.check else "written"
        print(f"book/{path.name}: {state}, {len(made) // 1024} kB", flush=True)
    return 1 if bad else 0
