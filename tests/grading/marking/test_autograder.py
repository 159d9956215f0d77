"""Gradescope's layout, simulated: the zip unpacked, a submission marked, results.json written."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from course_attn.grading.marking import autograder
from course_attn.grading.sandbox import isolation

ROOT = Path(__file__).parents[3]


def run(tmp_path, python):
    autograder.make(tmp_path / "a.zip", ("predict_output", "masked_softmax"), "a 'secret'")
    root = tmp_path / "autograder"
    for name in ("source", "submission", "results"):
        (root / name).mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(root / "source")
    (root / "submission" / "predict_output.py").write_text("def predict_output():\n    return 46.0, 40.0, 10.0\n")
    environment = os.environ | {"AUTOGRADER": str(root), "COURSE_PYTHON": python, "PYTHONPATH": str(ROOT)}
    command = ["bash", str(root / "source" / "run_autograder")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads((root / "results" / "results.json").read_text()), done.stdout


@pytest.mark.skipif(not isolation.can("B"), reason="this machine cannot give marks")
def test_marks_are_written(tmp_path):
    found, log = run(tmp_path, sys.executable)
    assert found["score"] == 2, log
    assert found["extra_data"]["tier"] in isolation.MARKS
    assert "Isolation: " in log


def test_a_grader_that_cannot_run_still_writes_results(tmp_path):
    found, _ = run(tmp_path, "false")
    assert found["score"] == 0
    assert "could not run" in found["output"]


def test_setup_installs_this_version(tmp_path):
    autograder.make(tmp_path / "a.zip", ("predict_output",), "s")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert "course-attn==" in archive.read("setup.sh").decode()
        assert archive.getinfo("run_autograder").external_attr >> 16 == 0o755
