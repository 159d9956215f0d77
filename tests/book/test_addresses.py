"""The repository's address stands in `_config.yml`; whatever else holds it agrees. So do versions and pins."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from course_attn import __version__
from tools.notebook_text import FIRST_CELL, colab, release

ROOT = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
URL = CONFIG["repository"]["url"]
COLAB = CONFIG["launch_buttons"]["colab_url"] + "/github"
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


def test_packaging_names_the_repository_and_the_site():
    assert PROJECT["urls"] == {
        "Repository": URL,
        "Documentation": CONFIG["html"]["baseurl"],
        "Issues": f"{URL}/issues",
        "Changelog": f"{URL}/blob/main/CHANGELOG.md",  # of every version, also those after this one
    }
    assert f"repository-code: {URL}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8").replace('"', "")


def test_button_cell_and_package_are_of_one_version():
    assert CONFIG["repository"]["branch"] == f"v{__version__}", "the site's Colab button opens this"
    assert release() == __version__
    assert colab("attention") == f"{COLAB}{URL.removeprefix('https://github.com')}/blob/v{__version__}/book/attention.ipynb"
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        assert f'\nRELEASE = "{__version__}"\nHOME = "{URL}"\n' in code[0], f"{path.name}: made by `% setup`"
        others = {release for cell in cells for release in re.findall(r"/blob/(v[^/]+)/", "".join(cell["source"]))}
        assert others <= {f"v{__version__}"}


def test_the_release_makes_the_tag_and_the_wheel_that_the_cell_asks_for():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8"))
    publish = workflow["jobs"]["wheel"]["steps"][-1]["run"]
    assert 'gh release create "v$version" "dist/course_attn-$version-py3-none-any.whl"' in publish
    assert "{HOME}/releases/download/v{RELEASE}/course_attn-{RELEASE}-py3-none-any.whl" in FIRST_CELL.read_text()
    version = publish.splitlines()[0] + "; echo $version"
    assert subprocess.check_output(["bash", "-c", version], cwd=ROOT, text=True).strip() == __version__


def test_every_pin_is_exact_and_names_no_place():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wrong = [line for line in lines if line and not line.startswith("#") and not re.fullmatch(r"[\w.-]+==[\w.]+", line)]
    assert not wrong


def test_pins_lie_in_the_ranges_of_the_package():
    pins = {plain(name): version for name, version in PINS.items()}
    wanted = [Requirement(text) for text in PROJECT["dependencies"]]
    for extra in PROJECT["optional-dependencies"].values():
        wanted += [Requirement(text) for text in extra]
    for requirement in wanted:
        assert pins[plain(requirement.name)] in requirement.specifier, requirement.name


def test_torch_and_numpy_are_never_pinned_by_the_package():
    for text in PROJECT["dependencies"]:
        requirement = Requirement(text)
        if requirement.name in {"torch", "numpy"}:
            assert {part.operator for part in requirement.specifier} == {">="}
