"""Running the checks of an exercise."""

import math
from pathlib import Path

import pytest
import torch

from course_attn.grading import catalogue, loading, runner

ROOT = Path(__file__).parents[2]
EXERCISE = catalogue.find("scaled_dot_scores")


def right(query, key):
    return query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])


def unscaled(query, key):
    return query @ key.transpose(-2, -1)


def statuses(report):
    return [outcome.status for outcome in report.outcomes]


def test_right_answer():
    report = runner.run(EXERCISE, right)
    assert report.passed
    assert report.failure is None
    assert statuses(report) == ["passed"] * 5


def test_learner_sees_the_first_failure_only():
    report = runner.run(EXERCISE, unscaled)
    assert statuses(report) == ["failed"] + ["not run"] * 4
    assert not report.passed


def test_grader_runs_them_all():
    report = runner.run(EXERCISE, unscaled, stop=False)
    assert statuses(report) == ["failed"] * 5


@pytest.mark.parametrize("change", [torch.Tensor.to_sparse, lambda x: x.to("meta")], ids=["sparse", "meta"])
def test_a_result_without_its_numbers_does_not_make_the_checks_stumble(change):
    report = runner.run(EXERCISE, lambda query, key: change(right(query, key)), stop=False)
    assert statuses(report) == ["failed"] * 5
    assert all("must be a dense tensor on the CPU" in outcome.message for outcome in report.outcomes)


def test_half_written_answer():
    def answer(query, key):
        if query.dim() > 2:
            raise NotImplementedError
        return right(query, key)

    report = runner.run(EXERCISE, answer)
    assert report.attempted
    assert statuses(report) == ["passed", "passed", "failed", "not run", "not run"]
    assert "this part is not written" in report.failure.message


def test_stub():
    def answer(query, key):
        raise NotImplementedError

    report = runner.run(EXERCISE, answer, stop=False)
    assert not report.attempted
    assert not report.passed


def test_wrong_signature():
    report = runner.run(EXERCISE, lambda query: query)
    assert report.unusable == "the function must take (query, key), got (query)"
    assert not report.passed


@pytest.mark.parametrize("result", [None, 3, "scores", [1, 2], {"a": 1}, object(), (), [[]]])
@pytest.mark.parametrize("exercise", catalogue.exercises().values(), ids=lambda exercise: exercise.name)
def test_no_result_makes_a_check_stumble(exercise, result):
    report = runner.run(exercise, lambda *args: result, stop=False)
    assert not report.passed
    for outcome in report.outcomes:
        assert "made the check itself fail" not in outcome.message


def test_check_that_stumbles_does_not_show_its_traceback():
    def check(student):
        """A broken check."""
        return 1 / 0

    outcome = runner.run_one(check, None)
    assert outcome.status == "failed"
    assert outcome.message == "this result made the check itself fail: ZeroDivisionError: division by zero"


def test_a_later_check_that_cannot_look_at_the_result_says_so():
    exercise = catalogue.find("ranking_counter_example")
    report = runner.run(exercise, lambda: [torch.ones(2, 2)] * 3, stop=False)
    assert statuses(report) == ["failed"] * 3
    assert report.outcomes[-1].message == "not judged: it builds on an earlier check, which failed"


@pytest.mark.parametrize("exercise", catalogue.exercises().values(), ids=lambda exercise: exercise.name)
def test_settings_of_the_notebook_do_not_matter(exercise):
    path = ROOT / "solutions" / exercise.chapter / f"{exercise.name}.py"
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    try:
        with torch.no_grad():
            assert runner.run(exercise, loading.load(path, exercise.name)).passed
        assert torch.get_default_dtype() == torch.float64
        assert torch.get_default_device().type == "meta"
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
