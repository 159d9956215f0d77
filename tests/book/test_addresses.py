"""The repository's address stands in `_config.yml`; whatever else holds it agrees. So do versions and pins."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from course_attn import __version__
from tools.notebook_text import release_source

ROOT = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
URL = CONFIG["repository"]["url"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = dict(
    line.split("==") for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines() if "==" in line
)
HOLDERS = ["README.md", "CONTRIBUTING.md", "CITATION.cff", "CHANGELOG.md", "pyproject.toml", "book/intro.md"]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("path", HOLDERS)
def test_files_name_no_other_repository_of_this_course(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    package = URL.rsplit("/", 1)[1]
    for owner, name in re.findall(r"github\.com/([\w.-]+)/([\w-]+)", text):
        if name == package:
            assert f"https://github.com/{owner}/{name}" == URL, f"{path}: the address must be {URL}"
    for owner in re.findall(rf"https://([\w-]+)\.github\.io/{package}", text):
        assert CONFIG["html"]["baseurl"] == f"https://{owner}.github.io/{package}/"


def test_packaging_names_the_repository():
    assert PROJECT["urls"]["Repository"] == URL
    assert f"repository-code: {URL}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8").replace('"', "")


def test_the_set_up_cell_installs_this_release():
    assert release_source() == f"git+{URL}@v{__version__}"
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        assert release_source() in code[0], f"{path.name}: the first cell must be made by `% setup`"
        assert sum("git+https" in source for source in code) == 1


def test_every_pin_is_exact_and_names_no_place():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wrong = [line for line in lines if line and not line.startswith("#") and not re.fullmatch(r"[\w.-]+==[\w.]+", line)]
    assert not wrong


def test_pins_lie_in_the_ranges_of_the_package():
    pins = {plain(name): version for name, version in PINS.items()}
    wanted = [Requirement(text) for text in PROJECT["dependencies"]]
    for extra in ("book", "dev"):
        wanted += [Requirement(text) for text in PROJECT["optional-dependencies"][extra]]
    for requirement in wanted:
        assert pins[plain(requirement.name)] in requirement.specifier, requirement.name


def test_torch_and_numpy_are_never_pinned_by_the_package():
    for text in PROJECT["dependencies"]:
        requirement = Requirement(text)
        if requirement.name in {"torch", "numpy"}:
            assert {part.operator for part in requirement.specifier} == {">="}
