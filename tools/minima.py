"""Tests the package, installed from its wheel, beside the oldest versions that it declares.

    python -m tools.minima                  the minima of pyproject.toml, but the torch of requirements.txt
    python -m tools.minima --torch 2.11.0   another torch: the declared one may come with gigabytes of CUDA

Runs in `.venv`, whose pip and setuptools it uses. Everything is made in a folder for temporary files and removed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

if __name__ == "__main__":  # under a Python that lacks packages, that is told
    from course_attn._endings import run

    run("tools.minima")

from packaging.requirements import Requirement

from tools.env import SetupError

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = ("models", "data", "cluster")
FOR_THE_TESTS = ("hypothesis", "playwright", "PyYAML")  # as pinned in requirements.txt; gguf and onnx are skipped
NOT_COPIED = (".*", "_build", "build", "node_modules", "__pycache__", "*.egg-info")
FOLDERS = ("positional", "vision", "efficient", "pretrained", "data", "train", "viz", "widgets", "grading", "learner")
# Minutes of processes and of the system's walls around them, which no package's version changes.
LEFT_OUT = (
    "grading/sandbox/test_remote.py::test_same_message_as_in_process",
    "grading/sandbox/test_spawner.py",
    "grading/sandbox/test_spawner_elsewhere.py",
    "train/test_loop_processes.py",
)
ABOUT_THE_CHECKOUT = ("layout", "packaging", "mutants", "coverage")  # tests that read the sources, not the package
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


def minima(texts: list[str]) -> dict[str, str]:
    """The oldest version of each requirement.

    Raises:
        SetupError: If one names no oldest version, or something else beside it.
    """
    found = {}
    for text in texts:
        wanted = Requirement(text)
        if [part.operator for part in wanted.specifier] != [">="]:
            raise SetupError(f"minima: a dependency must have one bound, NAME>=VERSION, got {text}")
        (part,) = wanted.specifier
        found[wanted.name] = part.version
    return found


def wanted_versions(torch: str | None = None) -> dict[str, str]:
    """What the environment is made of: name to version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [*project["dependencies"], *(t for extra in EXTRAS for t in project["optional-dependencies"][extra])]
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line)
    found = minima(texts)
    if torch is None:
        print(f"torch {pins['torch']} of requirements.txt, not the declared {found['torch']}: see --torch", flush=True)
    return {**found, "torch": torch or pins["torch"], **{name: pins[name] for name in FOR_THE_TESTS}}


def run(torch: str | None = None) -> bool:
    """Make the environment, run the tests in it; True if they passed."""
    versions = wanted_versions(torch)
    with tempfile.TemporaryDirectory(prefix="minima-") as scratch:
        folder, began = Path(scratch), time.monotonic()
        shutil.copytree(ROOT, folder / "checkout", ignore=shutil.ignore_patterns(*NOT_COPIED))
        (folder / "wheel").mkdir()
        _do([sys.executable, "-c", BUILD, str(folder / "wheel")], folder / "checkout")
        (wheel,) = (folder / "wheel").iterdir()
        shutil.rmtree(folder / "checkout" / "course_attn")  # so that the tests find the installed one
        _do([sys.executable, "-m", "venv", str(folder / "venv")], folder)
        python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        pins = [f"{name}=={version}" for name, version in versions.items()]
        print(f"installing {wheel.name} with {', '.join(pins)}", flush=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-compile"]
        _do([*pip, f"{wheel}[{','.join(EXTRAS)}]", *pins], folder)
        _do([str(python), "-m", "pip", "check"], folder)
        print(f"made in {time.monotonic() - began:.0f} s", flush=True)
        return _tests_pass(python, folder / "checkout")


def _tests_pass(python: Path, checkout: Path) -> bool:
    """The fast tests of the package. Old packages may warn of a newer one beside them: that is not ours to mend."""
    tests = checkout / "tests"
    files = [path for path in sorted(tests.glob("test_*.py")) if path.stem[5:] not in ABOUT_THE_CHECKOUT]
    in_a_browser = [
        path
        for kind in ("_browser", "_jupyterlab")
        for path in (tests / "widgets").glob(f"*{kind}.py")
        if path.with_stem(path.stem.removesuffix(kind)).exists()  # head_browser is the name of a figure
    ]
    chosen = [*files, *(tests / name for name in FOLDERS), *(f"--ignore={path}" for path in in_a_browser)]
    chosen += [f"--deselect={(tests / name).relative_to(checkout)}" for name in LEFT_OUT]
    options = ["-q", "-p", "no:cacheprovider", "-W", "ignore::DeprecationWarning"]
    (packages,) = (python.parent.parent).rglob("site-packages")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COURSE_ATTN_UNDER_TEST": str(packages)}
    for name in ("PYTHONPATH", "CI"):  # what is missing here, such as gguf, is asked for by the other runs
        environment.pop(name, None)
    command = [str(python), "-m", "pytest", *options, *map(str, chosen)]
    return subprocess.run(command, cwd=checkout, env=environment).returncode == 0


def _do(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        raise SetupError(f"minima: {' '.join(command[1:4])} … must succeed, got exit code {done.returncode}:\n{tail}")


def main(arguments: list[str] | None = None) -> int:
    """Command line; the exit code is 1 if a test failed or the environment could not be made."""
    parser = argparse.ArgumentParser(prog="python -m tools.minima", description="Tests beside the oldest packages.")
    parser.add_argument("--torch", metavar="VERSION", help="instead of the one in requirements.txt")
    try:
        return 0 if run(parser.parse_args(arguments).torch) else 1
    except SetupError as problem:
        print(problem, file=sys.stderr)
        return 1
