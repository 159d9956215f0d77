"""Stubs are made out of solutions."""

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from course_attn.grading import catalogue

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import build_exercises  # noqa: E402

EXERCISE = replace(catalogue.find("scaled_dot_scores"), title="T", kind="bug", minutes=5, difficulty=3, points=1)
SOURCE = '"""T.\n\nText.\n"""\n\n\ndef f():\n    """Doc."""\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION\n'


def test_stubs_in_the_repository_are_up_to_date():
    assert build_exercises.drift() == []


def test_stub_by_hand():
    assert build_exercises.stub_of(SOURCE, EXERCISE) == (
        '"""T.\n\nFind the bug · 5 minutes · difficulty 3 of 3 · 1 point\n\nText.\n"""\n\n\ndef f():\n    """Doc."""\n'
        "    # Your answer here.\n    raise NotImplementedError\n"
    )


def test_given_code_follows_the_line_that_raises():
    given = "    # BEGIN GIVEN\n    # x = 1  # (N,)\n    # return x\n    # END GIVEN\n    # BEGIN"
    stub = build_exercises.stub_of(SOURCE.replace("    # BEGIN", given, 1), EXERCISE)
    assert stub.endswith(
        "    raise NotImplementedError  # delete this line, then repair the rest\n    x = 1  # (N,)\n    return x\n"
    )


def test_nothing_of_an_answer_is_left_in_a_stub():
    for exercise in catalogue.exercises().values():
        source = (ROOT / "solutions" / exercise.chapter / f"{exercise.name}.py").read_text(encoding="utf-8")
        answer = source.split("# BEGIN SOLUTION\n")[1].split("# END SOLUTION")[0]
        given = source.partition("# BEGIN GIVEN\n")[2].partition("# END GIVEN")[0]  # faulty code shares its sound lines
        lines = {line.strip() for line in answer.splitlines() if len(line.strip()) > 12}
        lines -= {line.strip().removeprefix("# ") for line in given.splitlines()}
        assert (not given and exercise.kind != "bug") or lines, "the repaired lines must differ from those given"
        assert not lines & {line.strip() for line in exercise.stub.splitlines()}
        ast.parse(exercise.stub)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    # END SOLUTION\n", "", "got 1 and 0"),
        ("    # BEGIN SOLUTION\n", "", "got 0 and 1"),
        ("    return 1\n", "", "must have one"),
        ("    return 1\n", "    # BEGIN SOLUTION\n    return 1\n", "got 2 and 1"),
        ('"""T.', '"""Another title.', "first line must be"),
    ],
)
def test_faulty_sources(old, new, said):
    with pytest.raises(ValueError, match=said):
        build_exercises.stub_of(SOURCE.replace(old, new), EXERCISE)


def test_drift_is_told(tmp_path):
    for folder in ("solutions", "exercises", "course_attn/grading/stubs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    assert build_exercises.drift(tmp_path) == []
    stub = tmp_path / "exercises/ch01_attention/soft_lookup.py"
    stub.write_text(stub.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    packaged = tmp_path / "course_attn/grading/stubs/ch01_attention/masked_softmax.py.txt"
    packaged.unlink()
    (tmp_path / "exercises/ch01_attention/extra.py").write_text("")
    assert sorted(build_exercises.drift(tmp_path)) == [
        "course_attn/grading/stubs/ch01_attention/masked_softmax.py.txt is not what its solution gives",
        "exercises/ch01_attention/extra.py has no solution",
        "exercises/ch01_attention/soft_lookup.py is not what its solution gives",
    ]


def test_missing_solution_is_told(tmp_path):
    with pytest.raises(ValueError, match="scaled_dot_scores must have a solution"):
        build_exercises.stubs(tmp_path)


def test_check_on_the_command_line():
    command = [sys.executable, "tools/build_exercises.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "the stubs are up to date\n")


@pytest.mark.slow
def test_wheel_carries_stubs_and_checks_but_no_answers(tmp_path):
    tree = tmp_path / "tree"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in listed.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", tmp_path, tree]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        texts = [archive.read(name).decode() for name in names if name.endswith((".py", ".txt"))]
    for exercise in catalogue.exercises().values():
        assert f"course_attn/grading/stubs/{exercise.chapter}/{exercise.name}.py.txt" in names
        assert f"course_attn/grading/checks/{exercise.chapter}/{exercise.name}.py" in names
        assert f"course_attn/grading/checks/{exercise.chapter}/{exercise.name}.toml" in names
    assert not [name for name in names if "solutions" in name or "mistake_" in name or "right_" in name]
    answers = re.compile(r"^\s*# BEGIN SOLUTION", re.MULTILINE)  # as a line of its own: some code names the mark
    assert not [text for text in texts if answers.search(text)]
