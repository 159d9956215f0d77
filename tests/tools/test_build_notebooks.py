"""The generator on tiny chapters: the same bytes twice, and a short word when a cell fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools import build_notebooks

ROOT = Path(__file__).resolve().parents[2]
HEADER = "---\nkernelspec:\n  display_name: Python 3\n  language: python\n  name: python3\n---\n\n# Tiny\n\n"
# Runs the generator's command line on a folder that stands in for book/.
RUN = """
import sys
from pathlib import Path
from tools import build_notebooks, notebook_text
build_notebooks.chapters = lambda: notebook_text.chapters(Path(sys.argv[1]))
sys.exit(build_notebooks.main(sys.argv[2:]))
"""


def run(folder, *arguments):
    command = [sys.executable, "-c", RUN, str(folder), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture
def page(tmp_path):
    (tmp_path / "book").mkdir()
    return tmp_path / "book" / "tiny.md"


def cell(code):
    return f"```{{code-cell}}\n{code}\n```\n\n"


def test_a_chapter_is_executed_and_comes_out_the_same(tmp_path, page):
    page.write_text(HEADER + cell("print('a')\nprint('b')") + cell("object()"), encoding="utf-8")
    first = run(tmp_path)
    assert first.returncode == 0, first.stderr
    assert "tiny: cell 2 of 2" in first.stdout
    text = page.with_suffix(".ipynb").read_text(encoding="utf-8")
    code = [c for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
    assert [c["execution_count"] for c in code] == [1, 2]
    assert code[0]["outputs"] == [{"name": "stdout", "output_type": "stream", "text": "a\nb\n"}]
    again = run(tmp_path, "--check")
    assert (again.returncode, again.stdout.splitlines()[-1][:30]) == (0, "book/tiny.ipynb: unchanged, 1 "[:30])
    assert page.with_suffix(".ipynb").read_text(encoding="utf-8") == text


def test_check_reports_drift_and_writes_nothing(tmp_path, page):
    page.write_text(HEADER + cell("1 + 1"), encoding="utf-8")
    page.with_suffix(".ipynb").write_text("old", encoding="utf-8")
    done = run(tmp_path, "tiny", "--check")
    assert done.returncode == 1
    assert "tiny.ipynb: differs: run `make notebooks`" in done.stdout
    assert page.with_suffix(".ipynb").read_text(encoding="utf-8") == "old"


def test_a_failing_cell_is_named_and_the_old_notebook_stays(tmp_path, page):
    page.write_text(HEADER + cell("x = 3") + cell("y = 5\nx / (y - 5)"), encoding="utf-8")
    page.with_suffix(".ipynb").write_text("old", encoding="utf-8")
    done = run(tmp_path)
    line = page.read_text(encoding="utf-8").splitlines().index("x / (y - 5)") + 1
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"book/tiny.md, cell 2 of 2, line {line}: ZeroDivisionError: division by zero",
        "    x / (y - 5)",
        "tiny.ipynb was left as it was",
    ]
    assert page.with_suffix(".ipynb").read_text(encoding="utf-8") == "old"


def test_a_kernel_that_dies_is_named(tmp_path, page):
    page.write_text(HEADER + cell("import os\nos._exit(3)"), encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 1
    assert "book/tiny.md, cell 1 of 1" in done.stderr
    assert "the kernel died" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_exercise_and_an_unknown_chapter(tmp_path, page):
    page.write_text(HEADER + "% exercise: no_such_name\n", encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 1
    assert "line 10" in done.stderr
    assert "no_such_name" in done.stderr
    assert "Traceback" not in done.stderr
    assert run(tmp_path, "tinny").stderr == "no chapter tinny: it must be one of tiny\n"


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_kernel_and_is_one(page, number):
    """nbclient's own way ends in an AssertionError."""
    code = "import os, time\nfrom pathlib import Path\nPath('pid').write_text(str(os.getpid()))"
    page.write_text(HEADER + cell(f"{code}\nos.kill(os.getppid(), {int(number)})\ntime.sleep(60)"))
    with pytest.raises(KeyboardInterrupt):
        build_notebooks.build(page)
    with pytest.raises(ProcessLookupError):
        os.kill(int((page.parent / "pid").read_text()), 0)
