"""The house keeps its shape: imports point down, tests mirror files, nothing of one machine is in the checkout."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "course_attn"
# These join the core and `files`, not each other; the command line joins anything.
JOINERS = {"pretrained", "data", "train", "viz", "widgets", "grading", "learner"}
MAY_ALSO = {"learner": {"grading"}}  # what a learner runs at home stands on the checks
OUTSIDE = {"__init__", "__main__", "_version", "cli"}
# Tests of something other than one module.
OF_THE_HOUSE = {"test_layout", "test_init", "test_mutants", "test_coverage", "test_packaging"}
REPORTERS = {"learner", "grading", "cli"}  # they tell the reader which versions are here, and compute nothing with it
FEATURE_TESTS = re.compile(
    r"hasattr\(torch|torch\.__version__|torch\.version\.|torch\.backends\.(?!mps\.is_available)|get_device_capability"
    r"|_get_cpu_capability|is_(?:bf16|flash)\w*supported|platform\.(?:machine|processor)\("
)


def core_lines() -> list[list[str]]:
    """The core's modules in chapter order, as CONTRIBUTING draws them."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = re.search(r"\*\*Who imports whom\.\*\*.*?^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert block, "CONTRIBUTING must draw the order of the core under 'Who imports whom'"
    return [re.split(r"\s+chapters? \d", line)[0].split() for line in block[1].splitlines()]


def modules() -> dict[str, Path]:
    """Every module of the package by dotted name, without `course_attn.`."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


def imports(path: Path) -> set[str]:
    """Modules of the package that a file imports anywhere in it, without `course_attn.`."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}, line {node.lineno}: imports are written whole, from course_attn…"
            if node.module == "course_attn":
                named |= {f"course_attn.{alias.name}" for alias in node.names}
            elif (node.module or "").startswith("course_attn."):
                inner = (node.module or "").removeprefix("course_attn.")
                below = {f"{inner}.{alias.name}" for alias in node.names} & set(modules())
                named |= {f"course_attn.{name}" for name in below or {inner}}
        elif isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names if alias.name.startswith("course_attn")}
    return {name.removeprefix("course_attn.").removeprefix("course_attn") for name in named}


def top(name: str) -> str:
    return name.split(".")[0]


def test_every_core_module_has_a_place():
    drawn = {name for line in core_lines() for name in line}
    unplaced = {top(name) for name in modules()} - drawn - JOINERS - OUTSIDE
    assert not unplaced, f"CONTRIBUTING's drawing lacks {sorted(unplaced)}: give each its line"


def test_imports_point_down():
    level = {name: number for number, line in enumerate(core_lines()) for name in line}
    wrong = []
    for name, path in modules().items():
        here = top(name)
        if here in OUTSIDE:
            continue
        for other in map(top, imports(path)):
            if other in {"", here, "_version"}:
                allowed = other != ""  # `import course_attn` in the package is a cycle waiting to happen
                allowed = allowed or here == "grading"
            elif here in JOINERS:
                allowed = other in level or other == "files" or other in MAY_ALSO.get(here, ())
            else:
                allowed = other in level and here in level and level[other] <= level[here]
            if not allowed:
                wrong.append(f"{name} imports {other or 'course_attn'}")
    assert not wrong, "; ".join(wrong)


def test_no_cycles():
    graph = {name: imports(path) & set(modules()) for name, path in modules().items()}
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, f"a cycle: {' -> '.join([*above[above.index(name) :], name])}"
        if name not in done:
            for other in graph[name]:
                # A package's front door imports its rooms; a room that imports its front door is no new module.
                if not (name.startswith(f"{other}.") or other.startswith(f"{name}.")):
                    visit(other, (*above, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def mirrored_modules() -> list[str]:
    unmirrored = ("__init__", "__main__", "_version")
    return [
        name
        for name, path in modules().items()
        if path.stem not in unmirrored and not name.startswith("grading.checks.") and name
    ]


@pytest.mark.parametrize("name", mirrored_modules())
def test_every_module_has_a_test_file(name):
    *folders, stem = name.split(".")
    wanted = ROOT.joinpath("tests", *folders, f"test_{stem.lstrip('_')}.py")
    assert wanted.exists(), f"{wanted.relative_to(ROOT)} must test course_attn.{name}"


def test_every_test_file_has_a_module():
    mirrored = {(*name.split(".")[:-1], f"test_{name.split('.')[-1].lstrip('_')}") for name in modules()}
    folders = {top(name) for name, path in modules().items() if path.parent != PACKAGE}

    def mirrors(parts: tuple[str, ...]) -> bool:
        """test_x.py, or test_x_aspect.py where one file would be too long."""
        words = parts[-1].split("_")
        return any((*parts[:-1], "_".join(words[:count])) in mirrored for count in range(2, len(words) + 1))

    files = [*(ROOT / "tests").glob("test_*.py")]
    files += [path for folder in folders for path in (ROOT / "tests" / folder).rglob("test_*.py")]
    strays = [
        str(path.relative_to(ROOT))
        for path in files
        if path.stem not in OF_THE_HOUSE and not mirrors(path.relative_to(ROOT / "tests").with_suffix("").parts)
    ]
    assert not strays, f"tests of no module: {strays}"


def test_no_two_test_files_have_one_name():
    """The folders are no packages: pytest would stop at the second file of a name, in the runs that meet both."""
    seen: dict[str, Path] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if "exercises" in path.parts and path.parent.name != "exercises":
            continue
        assert path.name not in seen, f"{path.relative_to(ROOT)} has the name of {seen[path.name].relative_to(ROOT)}"
        seen[path.name] = path


def test_only_paths_tests_features():
    found = []
    for name, path in modules().items():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if name != "_paths" and top(name) not in REPORTERS and FEATURE_TESTS.search(line):
                found.append(f"course_attn.{name}, line {number}: {line.strip()}")
    assert not found, "feature tests stand in _paths.py alone: " + "; ".join(found)


def tracked_text() -> list[tuple[str, str]]:
    """Name and text of every file in git (of the working tree)."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git checkout: there is no list of tracked files")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    pairs = []
    for name in filter(None, names.split("\0")):
        path = ROOT / name
        if path.is_file():
            pairs.append((name, path.read_bytes().decode("utf-8", errors="replace")))
    return pairs


def test_no_registry_and_no_machine_in_tracked_files():
    hosts = ["pypi\\.org", "pythonhosted\\.org", "registry\\.npmjs", "npmjs\\.org", "download\\.pytorch"]
    places = ["(?<![\\w./~-])/(?:work|root|home/\\w+|Users/\\w+)/"]
    pattern = re.compile("|".join([*hosts, *places]))
    found = [
        f"{name}: {match.group()}"
        for name, text in tracked_text()
        if name != "tests/test_layout.py" and (match := pattern.search(text))
    ]
    assert not found, found


def test_modules_are_short():
    long = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules().items()}
    assert not {name: lines for name, lines in long.items() if lines > 300}, "past 300 lines, split the module"


def test_every_command_of_the_house_ends_in_a_line():
    for package in ("benchmarks", "experiments"):
        lines = (ROOT / package / "__init__.py").read_text(encoding="utf-8").splitlines()
        assert any(line.split("  #")[0] == "tell()" for line in lines), package
    commands = [*ROOT.glob("tools/*.py"), *ROOT.glob("course_attn/**/__main__.py")]
    commands = [path for path in commands if path.name != "vendor.py"]  # which tools.env runs and quotes
    texts = {path: path.read_text(encoding="utf-8") for path in commands}
    run = [path for path, text in texts.items() if 'if __name__ == "__main__":' in text]
    loose = [path.name for path in run if not any(end in texts[path] for end in ("told(", "_endings import run"))]
    assert run
    assert not loose, f"{loose}: call main through _endings.told, or what Ctrl+C ends shows a traceback"
