"""A notebook runs where only the wheel is: it opens no file of the checkout, and needs nothing that would change Colab.

`make test-colab` runs the notebooks so; these tests find in seconds what would fail there.
"""

from __future__ import annotations

import ast
import json
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tools.colab_environment import COLAB_PYTHON, colab_versions, plain

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COLAB = colab_versions()
BROUGHT: set[str] = set()  # what the course needs and Colab has not: nothing
FILES = {
    *("Path", "PurePath", "open", "fopen", "read_text", "read_bytes", "write_text", "write_bytes", "savefig", "save"),
    *("load", "load_file", "safe_open", "loadtxt", "genfromtxt", "fromfile", "memmap", "imread", "urlopen"),
    *("urlretrieve", "read_csv", "read_json", "read_table", "read_parquet", "listdir", "scandir", "glob", "iglob"),
}
"""Calls whose first argument is a file's name."""
ELSEWHERE = {"files", "TemporaryDirectory", "NamedTemporaryFile", "mkdtemp", "gettempdir"}
"""A package's own files, and those of the run."""

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list[str]:
    """The sources of a notebook's code cells."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def called(node: ast.Call) -> str:
    """The last part of the name of what is called."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def opened(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of every call that names a file in words of its own."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or called(node) not in FILES:
            continue
        named = [*node.args[:1], *(word.value for word in node.keywords if word.arg in {"file", "path", "fname"})]
        parts = [part for argument in named for part in ast.walk(argument)]
        words = [part for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        if words and not any(isinstance(part, ast.Call) and called(part) in ELSEWHERE for part in parts):
            yield node.lineno, ast.unparse(node)


def imported(source: str) -> set[str]:
    """The first parts of the names of all imported modules."""
    nodes = list(ast.walk(ast.parse(source)))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    whole |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in whole}


def readers(path: Path) -> list[str]:
    """What the set-up cell installs besides the course."""
    for node in ast.parse(code_cells(path)[0]).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "READERS":
            return ast.literal_eval(node.value)
    raise AssertionError(f"{path.name}: the set-up cell must name its READERS")


@cache
def installed() -> dict[str, list[str]]:
    """Module → the packages that bring it."""
    return dict(packages_distributions())


def undeclared(modules: set[str], declared: set[str]) -> set[str]:
    """Modules that neither Python, nor the course, nor one of the declared packages brings."""
    homes = installed()
    ours = {module for module in modules if {plain(home) for home in homes.get(module, [])} & declared}
    return modules - ours - set(sys.stdlib_module_names) - {"course_attn"}


def needed() -> list[Requirement]:
    """What the wheel requires, and what the pages' set-up cells add."""
    added = {reader for path in NOTEBOOKS for reader in readers(path)}
    return [Requirement(text) for text in [*PROJECT["dependencies"], *sorted(added)]]


@each_notebook
def test_no_cell_opens_a_file_of_the_checkout(path):
    found = [
        f"code cell {number}, line {line}: {call}"
        for number, source in enumerate(code_cells(path), start=1)
        for line, call in opened(source)
    ]
    assert not found, f"{path.name} runs in an empty folder (stored results: course_attn.results.stored): {found}"


@pytest.mark.parametrize(
    "source",
    [
        'costs = json.loads(Path("results/attention_cost.json").read_text())',
        'with open("data/words.txt") as file:\n    words = file.read()',
        'w = np.load(file="weights.npy")',
        'torch.load(f"results/{name}.pt")',
        'plt.imread(os.path.join("assets", "cat.png"))',
        'fig.savefig("map.png")',
        'Path.home() / Path("book")',
    ],
)
def test_a_planted_file_is_found(source):
    assert [line for line, _ in opened(f"a = 1\n{source}")] == [2]


@pytest.mark.parametrize(
    "source",
    [
        'stored("attention_cost")',
        'open(keep, "w")',
        "json.load(file)",
        'Path(files("course_attn") / "results" / "x.json").read_text()',
        'open(os.path.join(tempfile.mkdtemp(), "x"))',
    ],
)
def test_what_travels_or_is_made_is_no_file_of_the_checkout(source):
    assert list(opened(source)) == []


@each_notebook
def test_what_cells_import_is_declared(path):
    declared = {plain(Requirement(text).name) for text in PROJECT["dependencies"]} | set(map(plain, readers(path)))
    modules = set().union(*map(imported, code_cells(path)))
    assert {"torch", "course_attn"} <= modules
    assert not undeclared(modules, declared), f"{path.name}: declare it in pyproject.toml, or do without"


def test_a_planted_import_is_found():
    modules = imported("import PIL.Image, math\nfrom sklearn.datasets import load_digits\nfrom torch import nn\n")
    assert undeclared(modules, {"torch", "pillow"}) == {"sklearn"}
    assert undeclared(modules, {"torch"}) == {"sklearn", "PIL"}


def disturbed(requirements: list[Requirement]) -> list[str]:
    """Packages that Colab has and whose version it would have to change."""
    present = [each for each in requirements if plain(each.name) in COLAB]
    return [f"{each} but Colab has {COLAB[plain(each.name)]}" for each in present if not fits(each)]


def fits(requirement: Requirement) -> bool:
    return requirement.specifier.contains(COLAB[plain(requirement.name)], prereleases=True)


def test_colab_keeps_its_versions():
    assert not disturbed(needed())


def test_a_planted_requirement_is_found():
    planted = [Requirement("torch>=2.11"), Requirement("protobuf>=6.31.1"), Requirement("Pillow<11")]
    assert disturbed(planted) == ["protobuf>=6.31.1 but Colab has 5.29.6", "Pillow<11 but Colab has 11.3.0"]


def test_colab_lacks_nothing_that_the_course_needs():
    assert {each.name for each in needed() if plain(each.name) not in COLAB} == BROUGHT


def test_colab_s_python_is_allowed():
    assert COLAB_PYTHON.startswith("3.13.")
    assert COLAB_PYTHON in SpecifierSet(PROJECT["requires-python"])
