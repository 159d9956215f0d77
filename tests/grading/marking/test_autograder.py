"""Gradescope's layout, simulated: both scripts of the zip really run, under an /autograder where that is allowed."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from gradescope_fields import problems

from course_attn.grading.marking import autograder
from course_attn.grading.sandbox import isolation

ROOT = Path(__file__).parents[3]
ANSWER = "def predict_output():\n    return 46.0, 40.0, 10.0\n"
WRITES = "open('/autograder/results/results.json', 'w').write('{\"score\": 100}')\n"
# Stands for apt-get: notes what it was asked for, has this machine's Python and no newer one.
APT = """#!/usr/bin/env bash
echo "$*" >> /autograder/asked
case "$*" in *python*) [[ "$*" == *"python{version}"* ]];; esac
"""
SITES = os.pathsep.join(path for path in sys.path if path.endswith("site-packages"))
needs_marks = pytest.mark.skipif(not isolation.can("B"), reason="this machine cannot give marks")
needs_layout = pytest.mark.skipif(not isolation.can("A"), reason="no user namespaces: no /autograder can be made")


def layout(tmp_path, answer=ANSWER):
    """The folders as Gradescope makes them."""
    autograder.make(tmp_path / "a.zip", ("predict_output", "masked_softmax"), "a 'secret'")
    root = tmp_path / "autograder"
    for name in ("source", "submission", "results"):
        (root / name).mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(root / "source")
        for entry in archive.infolist():
            (root / "source" / entry.filename).chmod(entry.external_attr >> 16)
    (root / "submission" / "predict_output.py").write_text(answer)
    (root / "submission_metadata.json").write_text('{"id": 7}')
    shutil.copy(root / "source" / "run_autograder", root)
    return root


def container(tmp_path, root):
    """A command's beginning: this machine's programs, /autograder and an empty /opt, nothing else to write to."""
    shims = tmp_path / "bin"
    shims.mkdir()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    (shims / "apt-get").write_text(APT.replace("{version}", version))
    (shims / "apt-get").chmod(0o755)
    (tmp_path / "opt").mkdir()
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    command = ["bwrap", "--unshare-user", "--unshare-pid", "--unshare-net", "--die-with-parent", "--proc", "/proc"]
    command += ["--dev", "/dev", "--ro-bind", "/usr", "/usr", "--ro-bind", "/etc", "/etc", "--tmpfs", "/tmp"]
    for folder in ("/bin", "/lib", "/lib64"):
        link = ["--symlink", os.readlink(folder), folder] if os.path.islink(folder) else ["--ro-bind", folder, folder]
        command += link if os.path.exists(folder) else []
    for path in {sys.base_prefix, str(python.parents[1]), *SITES.split(os.pathsep)}:
        command += [] if path.startswith("/usr/") else ["--ro-bind", path, path]
    command += ["--bind", str(root), "/autograder", "--bind", str(tmp_path / "opt"), "/opt"]
    command += ["--ro-bind", str(shims), "/shims", "--chdir", "/autograder", "--clearenv"]
    return [*command, "--setenv", "PATH", f"/shims:{python.parent}:/usr/bin:/bin", "--setenv", "PYTHONPATH", SITES]


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **options)


@needs_layout
@pytest.mark.slow
@pytest.mark.parametrize(("answer", "score"), [(ANSWER, 2), (ANSWER.replace("46.0", "1.0"), None), (WRITES, 0)])
def test_as_gradescope_runs_it(tmp_path, answer, score):
    root = layout(tmp_path, answer)
    start = container(tmp_path, root)
    setup = run([*start, "/autograder/source/setup.sh"])
    assert setup.returncode == 0, setup.stderr
    asked = (root / "asked").read_text()
    assert asked.startswith("update -qq\ninstall -y -qq bubblewrap\n")
    done = run([*start, "/autograder/run_autograder"])
    assert done.returncode == 0, done.stderr
    found = json.loads((root / "results" / "results.json").read_text())
    assert problems(found) == []
    assert found["extra_data"]["tier"] in isolation.MARKS, done.stdout
    assert found["score"] == score if score is not None else 0 < found["score"] < 2
    assert sum(test.get("score", 0) for test in found["tests"]) == pytest.approx(found["score"], abs=0.01)
    assert "Isolation: " in done.stdout


@needs_marks
def test_marks_are_written_without_a_container_too(tmp_path):
    root = layout(tmp_path)
    environment = os.environ | {"AUTOGRADER": str(root), "COURSE_PYTHON": sys.executable}
    done = run(["bash", str(root / "run_autograder")], env=environment)
    found = json.loads((root / "results" / "results.json").read_text())
    assert found["score"] == 2, done.stdout
    assert problems(found) == []
    assert found["extra_data"]["tier"] in isolation.MARKS


def test_a_grader_that_cannot_run_still_writes_results(tmp_path):
    root = layout(tmp_path)
    run(["bash", str(root / "run_autograder")], env=os.environ | {"AUTOGRADER": str(root), "COURSE_PYTHON": "false"})
    found = json.loads((root / "results" / "results.json").read_text())
    assert (found["score"], problems(found)) == (0, [])
    assert "could not run" in found["output"]


def test_the_zip_carries_this_course_and_pins_what_marks(tmp_path):
    autograder.make(tmp_path / "a.zip", ("predict_output",), "s")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = set(archive.namelist())
        setup = archive.read("setup.sh").decode()
        assert archive.getinfo("run_autograder").external_attr >> 16 == 0o755
    assert "course/course_attn/grading/checks/ch01_attention/predict_output.toml" in names
    assert not [name for name in names if "solutions" in name or "__pycache__" in name]
    assert f"numpy=={metadata.version('numpy')}" in setup
    assert (tmp_path / "a.zip").stat().st_size < 4 * 2**20


def test_a_full_disk_leaves_the_last_zip(tmp_path, monkeypatch):
    def fail(*args):
        raise OSError(28, "No space left on device")

    (tmp_path / "a.zip").write_bytes(b"the last one")
    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match=r"a\.zip"):
        autograder.make(tmp_path / "a.zip", ("masked_softmax",), "secret")
    assert (tmp_path / "a.zip").read_bytes() == b"the last one"


def test_marking_imports_no_more_than_is_installed():
    program = "import sys, course_attn.grading.grade_command as g\nfrom course_attn.grading import catalogue\n"
    program += "[exercise.checks() for exercise in catalogue.exercises().values()]\n"
    program += "print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = set(run([sys.executable, "-c", program], cwd=ROOT).stdout.split())
    owners = metadata.packages_distributions()
    installed = {name.lower().replace("_", "-") for top in loaded for name in owners.get(top, [])}
    allowed = set().union(*map(isolation.needed, autograder.NEEDED))
    allowed = {name.lower().replace("_", "-") for name in allowed} | {"course-attn", "setuptools"}
    allowed |= {"tqdm", "attrs"}  # torch and rich take them where they are, and do without
    assert "torch" in installed
    assert installed <= allowed, installed - allowed


def test_what_gradescope_does_not_document_is_found():
    assert problems({"tests": []}) == ["a score must stand at the top or in a test"]
    assert problems({"score": "7", "grade": 1}) == ["result: grade is no field", "result: score is '7'"]
    assert problems({"score": 1, "tests": [{"visibility": "no"}]}) == ["test 0: visibility is 'no'"]
