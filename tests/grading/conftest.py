"""An exercise that asks for a class (`class_exercise/`), put into the catalogue as if the course had it."""

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from course_attn.grading import catalogue

HERE = Path(__file__).parent / "class_exercise"
MODULE = "course_attn.grading.checks.ch00_classes.tiny_attention"


@pytest.fixture
def class_exercise(tmp_path_factory, monkeypatch):
    root = tmp_path_factory.mktemp("catalogue")
    for folder, name in (("checks", "tiny_attention.py"), ("checks", "tiny_attention.toml"),
                         ("stubs", "tiny_attention.py.txt")):  # fmt: skip
        (root / folder / "ch00_classes").mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / name, root / folder / "ch00_classes")
    monkeypatch.setattr(catalogue, "CHECKS", root / "checks")
    monkeypatch.setattr(catalogue, "STUBS", root / "stubs")
    spec = importlib.util.spec_from_file_location(MODULE, HERE / "tiny_attention.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, MODULE, module)
    catalogue.exercises.cache_clear()
    yield catalogue.find("tiny_attention")
    catalogue.exercises.cache_clear()
