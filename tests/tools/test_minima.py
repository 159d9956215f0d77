"""The environment of the oldest versions: what it is made of."""

import re

import pytest

from tools import minima
from tools.env import SetupError


def test_the_oldest_version_of_each():
    assert minima.minima(["torch>=2.11", "safetensors>=0.4.3"]) == {"torch": "2.11", "safetensors": "0.4.3"}


@pytest.mark.parametrize("text", ["rich", "rich==13", "rich>13", "rich>=13,<14", "rich~=13.0"])
def test_a_requirement_without_one_oldest_version(text):
    with pytest.raises(SetupError, match=re.escape(f"must have one bound, NAME>=VERSION, got {text}")):
        minima.minima([text])


def test_every_dependency_takes_part_and_torch_is_told(capsys):
    found = minima.wanted_versions()
    lines = (minima.ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line)
    assert found["torch"] == pins["torch"]
    assert found["hypothesis"] == pins["hypothesis"]
    assert found.keys() >= {"numpy", "typer", "filelock", "pillow", "traitlets", "cycler", "tokenizers", "babel"}
    assert found["numpy"] != pins["numpy"]
    said = capsys.readouterr().out
    assert said.startswith(f"torch {pins['torch']} of requirements.txt, not the declared ")
    assert minima.wanted_versions("2.11.0")["torch"] == "2.11.0"
    assert capsys.readouterr().out == ""


def test_every_folder_of_package_tests_is_there_and_none_is_forgotten():
    folders = {path.parent.name for path in (minima.ROOT / "tests").glob("*/test_*.py")}
    about_the_repository = {"attacks", "benchmarks", "book", "devices", "exercises", "experiments", "site", "tools"}
    assert folders == set(minima.FOLDERS) | about_the_repository
    for name in minima.LEFT_OUT:
        assert (minima.ROOT / "tests" / name.split("::")[0]).is_file(), name
    names = {path.stem[5:] for path in (minima.ROOT / "tests").glob("test_*.py")}
    assert names > set(minima.ABOUT_THE_CHECKOUT)


def test_a_command_that_fails_is_told(tmp_path):
    with pytest.raises(SetupError, match=r"must succeed, got exit code 3:\nno wheel"):
        minima._do([minima.sys.executable, "-c", "import sys; print('no wheel'); sys.exit(3)"], tmp_path)
