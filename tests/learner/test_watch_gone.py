"""`watch` where the exercises are moved, deleted or made anew meanwhile; the system's news in place of real saves."""

import io
import shutil

import pytest
import watchfiles
from rich.console import Console
from typer.testing import CliRunner

from course_attn.cli import app
from course_attn.grading import catalogue
from course_attn.learner import watch
from course_attn.learner.examine import Found
from course_attn.learner.keys import Keys

NAME = next(iter(catalogue.exercises()))


class System:
    """Tells of the changes it is given, and does between them what it is given to do."""

    def __init__(self):
        self.steps, self.starts = [], 0

    def watch(self, folder, **options):
        self.starts += 1
        yield set()  # the first tick
        while self.steps:
            step = self.steps.pop(0)
            yield step if isinstance(step, set) else step() or set()


@pytest.fixture
def system(monkeypatch):
    made = System()
    monkeypatch.setattr(watchfiles, "watch", made.watch)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return made


def run(folder):
    """What `watch` says until the system has told everything."""
    out = io.StringIO()
    console = Console(file=out, highlight=False, markup=False, soft_wrap=True)

    def checked(name, path, verbose):
        return Found("failed", f"{name}: {path.read_text()}")

    try:
        watch.Watch(folder, checked, console, catalogue.find(NAME), keys=False).run(Keys())
    finally:
        folder.said = out.getvalue()
    return folder.said


def deleted(folder):
    exercises = folder.root / "exercises"
    paths = [exercises, *exercises.rglob("*")]
    return lambda: shutil.rmtree(exercises) or {(watchfiles.Change.deleted, str(path)) for path in paths}


def test_the_exercises_are_deleted(folder, system):
    system.steps = [deleted(folder), set()]
    with pytest.raises(watch.Unwatchable):
        run(folder)
    assert "You saved" not in folder.said
    assert folder.said.count("Checking") == 1
    assert folder.lack(catalogue.find(NAME)) == (
        f"no folder exercises in {folder.root}; course-attn reset {NAME} makes a stub in it"
    )


def test_the_whole_course_folder_is_deleted_and_not_made_again(folder, system):
    system.steps = [lambda: shutil.rmtree(folder.root)]
    with pytest.raises(watch.Unwatchable):
        run(folder)
    assert not folder.root.exists()
    notice = folder.record(catalogue.find(NAME), False)
    assert notice.endswith("state.json: No such file or directory")
    assert not folder.root.exists()
    wanted = f"the course folder {folder.root} is not there any more; put it back, or make one: course-attn init"
    assert folder.lack(catalogue.find(NAME)) == wanted


def test_exercises_that_are_deleted_and_made_anew_are_watched_anew(folder, system):
    """As `git checkout` does: the system goes on telling of the folder that is gone."""
    path = folder.path(catalogue.find(NAME))

    def anew():
        changes = deleted(folder)()
        path.parent.mkdir(parents=True)
        path.write_text("second")
        return changes

    path.write_text("first")
    system.steps = [anew]
    said = run(folder)
    assert f"{NAME}: first" in said
    assert f"{NAME}: second" in said
    assert system.starts == 2


def test_a_file_that_was_deleted_was_not_saved(folder, system):
    other = folder.path(catalogue.find("soft_lookup"))
    system.steps = [lambda: other.unlink() or {(watchfiles.Change.deleted, str(other))}]
    assert "You saved" not in run(folder)


def test_a_system_that_refuses_to_watch(folder, monkeypatch):
    asked = []

    def refuse(path, force_polling=None, **options):
        asked.append(force_polling)
        raise OSError(28, "No space left on device")  # Linux's way to say: out of watches

    monkeypatch.setattr(watchfiles, "watch", refuse)
    with pytest.raises(
        watch.Unwatchable, match=r"^saves cannot be seen here \(.*\); try course-attn watch --manual-run"
    ):
        next(watch._saves(folder.root / "exercises"))
    assert asked == [None, True]


def test_the_command_ends_in_a_line(folder, system, monkeypatch):
    class Checker:
        def __init__(self, deadline):
            pass

        def warm_up(self):
            pass

        close = warm_up

        def __call__(self, name, path, verbose=False):
            return Found("failed", name)

    monkeypatch.chdir(folder.root)
    monkeypatch.setattr("course_attn.learner.child.checker", Checker)
    system.steps = [deleted(folder)]
    done = CliRunner().invoke(app, ["watch"])
    assert done.exit_code == 2
    assert done.stderr == f"watch: no folder exercises in {folder.root}; course-attn reset {NAME} makes a stub in it\n"
    done = CliRunner().invoke(app, ["watch"])
    assert (done.exit_code, done.stdout) == (2, ""), "nor does it begin"
