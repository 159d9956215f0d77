"""The built wheel and sdist: what travels, what must not, what is declared; and no name advised that is not ours."""

from __future__ import annotations

import ast
import configparser
import email
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "course_attn"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LICENCES = {"LICENSE", "LICENSE-text", "NOTICE"}
STAYS = ("tests", "solutions", "exercises")  # lies beside the package while it is built, and must not travel
NOT_IMPORTED = {"book", "notebook", "dev"}  # extras for reading the course and working on it
# Declared without an import: anywidget's figures are ipywidgets' widgets, of a version that it leaves open.
UNIMPORTED = {"ipywidgets"}
# Imported where IPython is, which nothing here needs: left out without a word elsewhere.
WHERE_THERE_IS_A_NOTEBOOK = {"IPython", "matplotlib_inline"}
BUILD = "import sys; from setuptools import build_meta as b; getattr(b, f'build_{sys.argv[1]}')(sys.argv[2])"


def built(kind: str, source: Path, out: Path) -> Path:
    """Build without a network, by the environment's setuptools; return the one file that came."""
    command = [sys.executable, "-c", BUILD, kind, str(out)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = out.iterdir()
    return path


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The sdist, the wheel built from it, and the wheel built from the checkout; each name to bytes."""
    folder = tmp_path_factory.mktemp("packaging")
    checkout, unpacked = folder / "checkout", folder / "unpacked"
    unwanted = shutil.ignore_patterns("__pycache__", ".*")
    for name in ("course_attn", *STAYS):
        shutil.copytree(ROOT / name, checkout / name, ignore=unwanted)
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy(path, checkout)
    for out in ("sdist", "wheel", "again"):
        (folder / out).mkdir()
    sdist = built("sdist", checkout, folder / "sdist")
    wheel = built("wheel", checkout, folder / "wheel")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    (source,) = unpacked.iterdir()
    of_sdist = {path.relative_to(source).as_posix(): path.read_bytes() for path in source.rglob("*") if path.is_file()}
    again = built("wheel", source, folder / "again")
    assert again.name == wheel.name
    return of_sdist, contents(again), contents(wheel)


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def wheel(archives):
    return archives[2]


@pytest.fixture(scope="module")
def metadata(wheel):
    (name,) = (name for name in wheel if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel[name])


def files_of_the_package() -> dict[str, bytes]:
    paths = (path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths if not path.name.startswith(".")}


def test_the_wheel_holds_the_package_and_its_licences_and_nothing_else(wheel):
    own = {name: data for name, data in wheel.items() if name.startswith("course_attn/")}
    assert own == files_of_the_package()
    kinds = {"".join(PurePosixPath(name).suffixes) for name in own}
    assert kinds == {".py", ".py.txt", ".toml", ".json", ".js", ".css", ".typed"}
    assert "course_attn/py.typed" in own
    rest = {re.sub(r"^course_attn-[\w.]+\.dist-info/", "", name) for name in set(wheel) - set(own)}
    made = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "top_level.txt"}
    assert rest == made | {f"licenses/{name}" for name in LICENCES}


def test_what_gives_answers_away_stays_in_the_checkout(wheel):
    """Solutions, right and wrong answers, and the tests' own numbers, under whatever name."""
    secret = {
        path.read_bytes(): path
        for folder in ("tests", "solutions")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.stat().st_size > 200
    }
    assert len([path for path in secret.values() if path.name.startswith("mistake_")]) > 100
    assert not [(name, secret[data]) for name, data in wheel.items() if data in secret]
    for name, data in wheel.items():
        assert not re.search(r"(^|/)(mistake|right)_|(^|/)(solutions|tests)/|secret|\.npy$|\.safetensors$", name), name
        if name != "course_attn/learner/comparison.py":  # which cuts the marks out
            assert b"# BEGIN SOLUTION" not in data, name


def test_the_sdist_has_no_tests_and_builds_the_same_wheel(archives):
    sdist, from_sdist, from_checkout = archives
    tops = {name.split("/")[0] for name in sdist}
    made = {"PKG-INFO", "setup.cfg", "course_attn.egg-info"}
    assert tops == {"course_attn", "pyproject.toml", "MANIFEST.in", "README.md"} | LICENCES | made
    assert from_sdist == from_checkout


def test_metadata_is_complete(metadata, wheel):
    assert metadata["Name"] == "course-attn"
    assert metadata["License-Expression"] == "MIT AND CC-BY-4.0"
    assert set(metadata.get_all("License-File")) == LICENCES
    assert metadata["Requires-Python"] == ">=3.11"  # no cap
    assert metadata["Keywords"]
    assert dict(line.split(", ") for line in metadata.get_all("Project-URL")) == PROJECT["urls"]
    classifiers = metadata.get_all("Classifier")
    assert {line.split(" :: ")[0] for line in classifiers} >= {"Development Status", "Intended Audience", "Topic"}
    assert "Typing :: Typed" in classifiers
    assert metadata.get_payload().startswith("# Attention from the Ground Up")
    (name,) = (name for name in wheel if name.endswith("entry_points.txt"))
    points = configparser.ConfigParser()
    points.read_string(wheel[name].decode())
    assert dict(points["console_scripts"]) == {"course-attn": "course_attn.__main__:main"}


def declared(texts: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in texts}


def third_party_imports() -> tuple[set[str], set[str]]:
    """Modules of others that the package imports where it is loaded, and those that it imports inside functions."""
    first, late = set(), set()
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = {
            id(node)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for node in ast.walk(function)
        }
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            (late if id(node) in inside else first).update(name.split(".")[0] for name in names)
    ours = {*sys.stdlib_module_names, "course_attn", "msvcrt"}
    return first - ours, late - ours


def distributions(modules: set[str]) -> set[str]:
    """Names under which pip knows them."""
    known = importlib.metadata.packages_distributions()
    return {canonicalize_name(known[module][0]) if module in known else module for module in modules}


def test_every_import_is_declared_and_every_declared_package_is_imported():
    first, late = (distributions(names) for names in third_party_imports())
    core = declared(PROJECT["dependencies"])
    assert {"torch", "pillow", "filelock"} <= first, "the reading of imports itself"
    assert first == core - UNIMPORTED
    extras = {name: declared(texts) for name, texts in PROJECT["optional-dependencies"].items()}
    optional = set().union(*(names for extra, names in extras.items() if extra not in NOT_IMPORTED))
    assert late - core - distributions(WHERE_THERE_IS_A_NOTEBOOK) == optional


COMMAND = re.compile(r"\bpip3? +(?:install|download)(?: +--?[\w-]+)*")  # no option in use here takes a value
VERSION = r"(?:\[[\w, ]+\])?(?:[<>=!~]=[\w.*]+)?"
PACKAGE_NAME = re.compile(rf""" +["']?([A-Za-z][\w-]*(?:\.\w+)*){VERSION}["']?(?![\w:/+{{-])""")


def advised(text: str) -> list[str]:
    """Names of packages that a text tells its reader to install or download with pip."""
    names = []
    for command in COMMAND.finditer(text):
        at = command.end()
        while found := PACKAGE_NAME.match(text, at):  # an address, a folder, a value put in later, or the end stops it
            names.append(canonicalize_name(found[1]))
            at = found.end()
    return names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('pip install "course-attn[models]", or pip install onnx', ["course-attn", "onnx"]),
        ("run pip install tokenizers.", ["tokenizers"]),
        ("pip install git+https://example.org/course-attn", []),
        ("pip install --quiet --upgrade 'torch>=2.11' numpy\ncourse-attn init", ["torch", "numpy"]),
        ('pip install ".[cluster]"\npip download course_attn', ["course-attn"]),
        ("``pip install tokenizers``. Then", ["tokenizers"]),
    ],
)
def test_reading_of_advice(text, names):
    assert advised(text) == names


def readable_files() -> list[Path]:
    found = [*ROOT.glob("*.md"), ROOT / "CITATION.cff"]
    for folder in ("course_attn", "book", "tools", "benchmarks", "experiments", "solutions", "exercises", ".github"):
        for kind in ("*.py", "*.md", "*.rst", "*.ipynb", "*.yml", "*.toml", "*.py.txt", "*.js"):
            found += (ROOT / folder).rglob(kind)
    return [path for path in found if not {"node_modules", "vendor"} & set(path.parts)]


def test_nobody_is_told_to_install_a_name_that_is_not_ours():
    """Our own name is on no index: whoever took it would be installed by everybody who follows the advice."""
    known = declared(PROJECT["dependencies"]).union(*map(declared, PROJECT["optional-dependencies"].values()))
    wrong, seen = [], set()
    for path in readable_files():
        for name in advised(path.read_text(encoding="utf-8").replace("\\n", "\n").replace('\\"', '"')):
            seen.add(name)
            if name not in known:
                wrong.append(f"{path.relative_to(ROOT)}: pip install {name}")
    assert {"tokenizers", "babel"} <= seen, "the reading of advice itself"
    assert not wrong
