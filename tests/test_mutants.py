"""Planted faults: a test that cannot fail is worth nothing, so each fault of mutants.toml must be caught.

For each fault the package and the tests are copied to a temporary folder, one place of one file is changed, and the
tests that mirror the file run on the copy. They must fail: not merely stop at an import error. One run on an
unchanged copy, with all test files that the list names, must pass.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
MUTANTS = tomllib.loads((Path(__file__).parent / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
SETTINGS = """[pytest]
addopts = -p no:cacheprovider
filterwarnings = error
markers =
    slow: not run here
    gpu: skipped without one
"""
TESTS_FAILED = 1  # pytest's exit status; 2 and above: interrupted, not collected, wrongly called
PROCESSES = 2


def name_of(mutant):
    return re.sub(r"\W+", "-", f"{Path(mutant['file']).stem}: {mutant['why']}").strip("-")


def mirrors_of(mutant):
    """The test files of a module: course_attn/viz/heatmaps.py has tests/viz/test_heatmaps.py and test_heatmaps_*.py."""
    inner = Path(mutant["file"]).relative_to("course_attn")
    folder, stem = ROOT / "tests" / inner.parent, inner.stem.strip("_")
    found = sorted([*folder.glob(f"test_{stem}.py"), *folder.glob(f"test_{stem}_*.py")])
    return mutant.get("tests", [str(path.relative_to(ROOT)) for path in found])


def run_on_copy(folder, tests, mutant=None):
    """Copy, change one place, test; return pytest's exit status and what it printed."""
    # What Python has compiled comes along: it is compiled anew where the source is newer, as the changed file is.
    for part, left_out in (("course_attn", ()), ("tests", ("__pycache__", "exercises", "site", "attacks"))):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns(*left_out))
    (folder / "pytest.ini").write_text(SETTINGS)
    if mutant is not None:
        file = folder / mutant["file"]
        source = file.read_text(encoding="utf-8")
        found = source.count(mutant["find"])
        if found != 1:
            return (
                None,
                f"{mutant['file']} must hold the text to change exactly once, got {found} times: {mutant['find']!r}",
            )
        file.write_text(source.replace(mutant["find"], mutant["replace"]), encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "COURSE_ATTN_UNDER_TEST": str(folder),  # conftest.py refuses to test any other copy
    }
    environment.pop("PYTEST_ADDOPTS", None)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=line", "-m", "not slow", *tests]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def start(request, tmp_path_factory):
    """A function that gives the result of one fault, and runs the selected faults ahead, a few at a time."""
    parameters = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    ahead = [p["mutant"] for p in parameters if "mutant" in p]
    if "PYTEST_XDIST_WORKER" in os.environ:
        ahead = []  # every worker sees all items but is given a few: run only those that come
    with ThreadPoolExecutor(PROCESSES) as pool:

        def submit(mutant):
            return pool.submit(run_on_copy, tmp_path_factory.mktemp("mutant"), mirrors_of(mutant), mutant)

        started = {name_of(mutant): submit(mutant) for mutant in ahead}
        yield lambda mutant: (started.get(name_of(mutant)) or submit(mutant)).result()
        for run in started.values():
            run.cancel()  # after -x or an interrupt: start no more


def test_the_unchanged_copy_passes(tmp_path):
    """Else every fault would look caught."""
    every_test = sorted({test for mutant in MUTANTS for test in mirrors_of(mutant)})
    status, printed = run_on_copy(tmp_path, every_test)
    assert status == 0, printed


@pytest.mark.parametrize("mutant", MUTANTS, ids=name_of)
def test_fault_is_caught(mutant, start):
    status, printed = start(mutant)
    assert status is not None, printed
    assert status == TESTS_FAILED, f"not caught by {mirrors_of(mutant)}: {mutant['why']}\n{printed}"


def test_the_list_is_sound():
    assert len(MUTANTS) >= 30
    assert len({name_of(mutant) for mutant in MUTANTS}) == len(MUTANTS)
    for mutant in MUTANTS:
        assert set(mutant) <= {"file", "find", "replace", "why", "tests"}
        assert mutant["find"] != mutant["replace"]
        assert mirrors_of(mutant), f"no test mirrors {mutant['file']}"
        for test in mirrors_of(mutant):
            assert (ROOT / test).is_file(), test
