"""Every experiment runs (small), and its stored file is what it would store today and says where it came from."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from course_attn.results import names, stored

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.stem for path in (ROOT / "experiments").glob("[a-z]*.py"))


def test_every_stored_experiment_has_its_program():
    for name in names():
        command = stored(name).get("command", "")
        if command.startswith("python -m experiments."):
            assert command.rsplit(".", 1)[-1] in NAMES, f"{name} was written by {command}, which is not there"


@pytest.mark.parametrize("name", NAMES)
def test_stored_numbers_say_where_they_come_from(name):
    result = stored(name)
    assert result["command"] == f"python -m experiments.{name}"
    for field in ("machine", "torch", "date", "commit", "seed"):
        assert result[field] not in ("", None), field


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_experiment_runs_and_gives_the_entries_that_are_stored(name):
    experiment = importlib.import_module(f"experiments.{name}")
    result = experiment.run(tiny=True)
    about = {"command", "machine", "torch", "date", "commit", "seed"}
    assert set(result) == set(stored(name)) - about
    json.dumps(result, allow_nan=False)
