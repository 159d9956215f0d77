"""The course folder: made once, found from anywhere inside, reset with a copy."""

from pathlib import Path

import pytest

from course_attn.grading import catalogue
from course_attn.learner import course

NAMES = list(catalogue.exercises())


def test_init_copies_every_stub(folder):
    for exercise in catalogue.exercises().values():
        assert folder.path(exercise).read_text(encoding="utf-8") == exercise.stub
    assert (folder.root / "exercises/conftest.py").is_file()


def test_conftest_is_that_of_the_checkout(folder):
    ours = Path(__file__).parents[2] / "exercises/conftest.py"
    assert (folder.root / "exercises/conftest.py").read_bytes() == ours.read_bytes()


def test_found_from_inside(folder):
    assert course.find(folder.root / "exercises" / "ch01_attention").root == folder.root
    assert course.find(folder.root.parent) is None


@pytest.mark.parametrize("place", ["", "deeper", "exercises/again"])
def test_init_refuses_inside_an_initialised_one(folder, place):
    with pytest.raises(ValueError, match="init: FOLDER must be outside a course folder, got one in"):
        course.initialise(folder.root / place)


def test_init_refuses_a_file_and_foreign_exercises(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="a folder or a new name"):
        course.initialise(tmp_path / "file")
    (tmp_path / "exercises").mkdir()
    with pytest.raises(ValueError, match="without exercises"):
        course.initialise(tmp_path)


def test_passing_and_breaking_again_is_remembered(folder):
    exercise = catalogue.find("soft_lookup")
    folder.record(exercise, True)
    assert folder.done() == ["soft_lookup"]
    assert folder.state().done["soft_lookup"]["hash"] == course.sha256(folder.path(exercise))
    assert folder.current() is exercise
    folder.record(exercise, False)
    assert folder.done() == []


def test_next_goes_round_the_corner(folder):
    last = catalogue.find(NAMES[-1])
    assert folder.current().name == NAMES[0]
    assert folder.after(last).name == NAMES[0]
    folder.record(catalogue.find(NAMES[0]), True)
    assert folder.after(last).name == NAMES[1]
    assert folder.after(None).name == NAMES[1]
    for name in NAMES:
        folder.record(catalogue.find(name), True)
    assert folder.after(last).name == NAMES[0]


def test_hints_keep_the_highest_level(folder):
    for level in (1, 3, 2):
        folder.record_hint("soft_lookup", level)
    assert folder.state().hints == {"soft_lookup": 3}


def test_reset_keeps_each_copy(folder):
    exercise = catalogue.find("soft_lookup")
    folder.record(exercise, True)
    for number in (1, 2):
        folder.write("soft_lookup", f"try = {number}\n")
        copy = folder.reset(exercise)
        assert copy == folder.root / ".course/backup" / f"soft_lookup-{number}.py"
        assert copy.read_text() == f"try = {number}\n"
        assert folder.path(exercise).read_text(encoding="utf-8") == exercise.stub
    assert folder.done() == []


def test_reset_of_a_missing_file_writes_the_stub(folder):
    exercise = catalogue.find("soft_lookup")
    folder.path(exercise).unlink()
    assert folder.reset(exercise) is None
    assert folder.path(exercise).is_file()


def test_what_counts_as_an_answer():
    exercise = catalogue.find("soft_lookup")
    assert not course.is_answered(exercise.stub + "\n# thinking\n", exercise)
    assert course.is_answered(exercise.stub + "\nx = 1\n", exercise)
    assert course.is_answered("def soft_lookup(:", exercise)


def test_a_notice_is_told_once(folder):
    folder.state_path.unlink()
    folder.state_path.mkdir()  # a folder in its place: every reading fails
    folder.done()
    folder.done()
    assert folder.take_notice().count("cannot be read") == 1
    folder.state_path.rmdir()
    assert folder.take_notice() == ""


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_half_a_course_does_not_stay(tmp_path, monkeypatch, problem):
    """`init` would refuse to make it whole."""
    write, written = Path.write_text, []

    def fail(path, *args, **options):
        written.append(path)
        if len(written) == 7:
            raise problem
        return write(path, *args, **options)

    with monkeypatch.context() as full:
        full.setattr(Path, "write_text", fail)
        with pytest.raises(type(problem)):
            course.initialise(tmp_path / "mine")
    assert list((tmp_path / "mine").iterdir()) == []
    made = course.initialise(tmp_path / "mine")
    assert sorted(path.name for path in made.root.iterdir()) == [".course", "exercises"]
