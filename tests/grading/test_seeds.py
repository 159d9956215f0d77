"""Seeds: fixed for learners, fresh and repeatable under a salt."""

from pathlib import Path

import pytest
import torch

from course_attn.grading import catalogue, loading, runner
from course_attn.grading.seeds import salted, seeded

ROOT = Path(__file__).parents[2]


def draw():
    return torch.randn(3, generator=seeded(5))


def test_without_salt_the_seed_itself():
    assert torch.equal(draw(), torch.randn(3, generator=torch.Generator().manual_seed(5)))


def test_a_salt_changes_the_numbers_and_gives_them_again():
    plain = draw()
    with salted("a"):
        first, again = draw(), draw()
        with salted("b"):
            other = draw()
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first, plain)
    assert torch.equal(draw(), plain)


@pytest.mark.parametrize("exercise", catalogue.exercises().values(), ids=lambda exercise: exercise.name)
def test_right_answers_pass_and_wrong_ones_fail_whatever_the_salt(exercise):
    folder = ROOT / "tests" / "exercises" / exercise.chapter / exercise.name
    for path in sorted(folder.glob("*.py")):
        function = loading.load(path, exercise.name)
        for salt in ("a", "b", "c"):
            with salted(salt):
                report = runner.run(exercise, function)
            assert report.passed == path.name.startswith("right"), (path, salt, report.failure)
