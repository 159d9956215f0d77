"""Builds the site into `_build/html`, with every warning an error.

python3 -m tools.book
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from course_attn._endings import told
from tools import env

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
PAGE = BUILD / "html" / "index.html"
STAMP = BUILD / "made-from"
# jupyter-book keeps unchanged pages' warnings to itself on a second run, hence --all and a clean folder.
# Not by its script, whose first line names the folder that the environment was made in.
BUILDER = ["-c", "from jupyter_book.cli.main import main; main(prog_name='jupyter-book')", "build"]
OPTIONS = ["book", "--config", "_config.yml", "--path-output", ".", "-W", "--keep-going", "--all", "--quiet"]


def inputs() -> str:
    """Hash of every file that a page is made from."""
    digest = hashlib.sha256()
    files = [ROOT / "_config.yml", ROOT / "requirements.txt", ROOT / "tools" / "node" / "package-lock.json"]
    for folder in ("book", "course_attn"):
        files += (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for path in sorted(files):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def build(python: Path) -> bool:
    """Build the site unless it was built from these very files; say whether it is there."""
    print("== site", flush=True)
    made_from = inputs()
    if PAGE.exists() and STAMP.exists() and STAMP.read_text(encoding="utf-8") == made_from:
        print("nothing has changed since it was built", flush=True)
        return True
    shutil.rmtree(BUILD, ignore_errors=True)
    command = [str(python), *BUILDER, *OPTIONS]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(command, cwd=ROOT, text=True, errors="replace", **pipes)
    if done.returncode or not PAGE.exists():
        print(done.stdout.strip(), file=sys.stderr)
        print("the site was not built: see the warnings above, each of which is an error", file=sys.stderr)
        return False
    STAMP.write_text(made_from, encoding="utf-8")
    return True


def main() -> int:
    """Command line: environment, site, where it is."""
    try:
        python = env.prepare("book")
    except env.SetupError as problem:
        print(problem, file=sys.stderr)
        return 1
    if not build(python):
        return 1
    print(f"the site is in {PAGE.relative_to(ROOT)}; `make serve` shows it")
    return 0


if __name__ == "__main__":
    sys.exit(told(main, "python3 -m tools.book"))
