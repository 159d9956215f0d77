"""`RemoteStudent` says what `Student` says, and survives whatever the answer does."""

import dataclasses
from pathlib import Path

import pytest
import torch

from course_attn.grading import catalogue, loading, runner
from course_attn.grading.explain import AnswerError, NotAttempted
from course_attn.grading.sandbox.remote import RemoteStudent, WorkerLost, Zygote, clean
from course_attn.grading.student import Student

ROOT = Path(__file__).parents[3]
PLANTED = sorted((ROOT / "tests" / "exercises").glob("ch*/*/*.py"))
SAMPLE = PLANTED[::6]


@pytest.mark.parametrize("exercise", catalogue.exercises().values(), ids=lambda exercise: exercise.name)
def test_solutions_pass(zygote, exercise):
    path = ROOT / "solutions" / exercise.chapter / f"{exercise.name}.py"
    student = RemoteStudent(zygote, path.read_text(), path.name, exercise.name, exercise.parameters)
    outcomes = [runner.run_one(check, student) for check in runner.checks_of(exercise)]
    student.close()
    assert {outcome.status for outcome in outcomes} == {"passed"}, outcomes


def same_as_in_process(zygote, path):
    exercise = catalogue.find(path.parent.name)
    remote = RemoteStudent(zygote, path.read_text(), path.name, exercise.name, exercise.parameters)
    local = Student(loading.load(path, exercise.name), exercise.name, exercise.parameters)
    try:
        for check in runner.checks_of(exercise):
            here = runner.run_one(check, local)
            # The line a result came from is looked up only where the answer runs beside the checks.
            assert runner.run_one(check, remote) == dataclasses.replace(here, line="")
    finally:
        remote.close()


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_same_message_as_in_process(zygote, path):
    same_as_in_process(zygote, path)


@pytest.mark.slow
@pytest.mark.parametrize("path", PLANTED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_same_message_as_in_process_for_all(zygote, path):
    same_as_in_process(zygote, path)


def test_gradients(answer):
    (found,) = answer("def f(x):\n    return x ** 3\n").vjp([torch.tensor([2.0])], torch.tensor([5.0]))
    assert found.item() == 60


def test_the_course_is_not_there(answer):
    with pytest.raises(AnswerError, match="course_attn is not there"):
        answer("import course_attn.attention\n\ndef f(x):\n    return x\n")


def test_stub_and_signature(answer):
    with pytest.raises(NotAttempted):
        answer("def f(x):\n    raise NotImplementedError\n")(1)
    with pytest.raises(AnswerError, match=r"must take \(x\), got \(\)"):
        answer("def f():\n    return 1\n")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("os._exit(0)", "ended its own process"),
        ("ctypes.string_at(0)", "ended its own process"),
        ("os.write(3, b'x' * 64)", "not a result"),
    ],
)
def test_a_lost_worker_is_replaced(answer, body, why):
    source = f"import ctypes, os\n\ndef f(x):\n    if x:\n        {body}\n    return 7\n"
    student = answer(source)
    with pytest.raises(WorkerLost, match=why):
        student(1)
    assert student(0) == 7
    assert student.lost == 1


def test_a_deadline_ends_a_loop(answer):
    student = answer("def f(x):\n    while x:\n        pass\n    return 7\n", deadline=1.0)
    with pytest.raises(WorkerLost, match="longer than 1 s"):
        student(1)
    assert student(0) == 7


def test_a_busy_machine_takes_nothing_from_an_answers_seconds(answer, monkeypatch):
    """The clock says the deadline has passed; the worker has not had its seconds."""
    student = answer("def f(x):\n    total = 0\n    for n in range(x):\n        total += n\n    return 7\n")
    student.deadline = 0.05
    usage, looks = student.zygote.usage, []

    def starved():
        looks.append(usage())
        return 0.0, looks[-1][1]

    monkeypatch.setattr(student.zygote, "usage", starved)
    assert student(3 * 10**6) == 7
    assert looks
    assert looks[0][1], "it computes"
    monkeypatch.setattr(student.zygote, "usage", lambda: (0.0, False))
    with pytest.raises(WorkerLost, match=r"longer than 0\.05 s"):
        student(10**9)


def test_one_that_sleeps_has_no_more_than_its_deadline(answer):
    student = answer("import time\n\ndef f(x):\n    time.sleep(3600)\n", deadline=0.5)
    with pytest.raises(WorkerLost, match=r"longer than 0\.5 s"):
        student(1)


def test_text_from_a_worker_is_cleaned():
    assert clean("a\x1b[2Jb\nc") == "a[2Jb\nc"
    assert len(clean("x" * 10**6)) == 4000
    with pytest.raises(TypeError):
        clean(["text"])


def test_a_sandbox_that_cannot_start_says_so(monkeypatch):
    from course_attn.grading.sandbox import isolation

    monkeypatch.setattr(isolation, "boot", lambda: "raise SystemExit('no')")
    with pytest.raises(RuntimeError, match="tier C did not start"):
        Zygote("C")
