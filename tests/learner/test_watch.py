"""`watch`: its keys one by one, and the whole command in a pseudo-terminal."""

import io
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time

import pytest
from rich.console import Console

from course_attn.grading import catalogue
from course_attn.learner.examine import Found, examine
from course_attn.learner.watch import FINISHED, Watch

NAMES = list(catalogue.exercises())
PATIENCE = 120.0  # seconds; what comes sooner ends the wait


class Screen:
    """A `Watch` and what it has said since last asked."""

    def __init__(self, folder, name=NAMES[0], check=examine):
        self.out = io.StringIO()
        console = Console(file=self.out, highlight=False, markup=False, soft_wrap=True)
        self.watch = Watch(folder, check, console, catalogue.find(name))

    def said(self):
        text = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        return text

    def key(self, *keys):
        self.said()
        for key in keys:
            assert self.watch.key(key)
        return self.said()


@pytest.fixture
def screen(folder):
    made = Screen(folder)
    made.watch.recheck()
    return made


def test_result_bar_path_keys(screen):
    lines = screen.said().splitlines()
    assert lines[0] == "Checking scaled_dot_scores ..."
    assert "not attempted yet" in lines[1]
    assert lines[-3:] == [
        f"Progress: [{'-' * 30}] 0/{len(NAMES)}",
        f"Current exercise: {catalogue.find(NAMES[0]).path}",
        "n: next   h: hint   l: list   r: reset   q: quit",
    ]


def test_passing_does_not_jump(screen, folder):
    folder.solve(NAMES[0])
    screen.watch.saved({folder.path(catalogue.find(NAMES[0])).resolve()})
    said = screen.said()
    assert "passed, all 5 checks." in said
    assert "n goes on" in said
    assert screen.watch.exercise.name == NAMES[0]
    assert folder.done() == [NAMES[0]]
    assert f"Checking {NAMES[1]}" in screen.key("n")
    assert folder.current().name == NAMES[1]


def test_next_before_passing_asks_twice(screen):
    assert "n once more" in screen.key("n")
    assert "Checking" not in screen.key("l")
    assert "n once more" in screen.key("n")
    assert f"Checking {NAMES[1]}" in screen.key("n")


def test_hints_go_up_and_stay(screen, folder):
    hints = catalogue.find(NAMES[0]).hints
    for level in (1, 2, 3, 3):
        assert f"Hint {level} of 3: {hints[level - 1].strip()}" in screen.key("h")
    assert folder.state().hints == {NAMES[0]: 3}


def test_reset_only_on_y(screen, folder):
    folder.write(NAMES[0], "mine = 1\n")
    path = folder.path(catalogue.find(NAMES[0]))
    assert "y/n" in screen.key("r")
    assert "Nothing was reset." in screen.key("n")
    assert path.read_text() == "mine = 1\n"
    assert ".course/backup/scaled_dot_scores-1.py" in screen.key("r", "y")
    assert path.read_text(encoding="utf-8") == catalogue.find(NAMES[0]).stub


def test_broken_state_is_told_on_the_screen(screen, folder):
    folder.state_path.write_text("[]")
    screen.watch.show()
    assert "it is now state.broken-1.json" in screen.said()


def test_quit_says_how_to_go_on(screen):
    screen.said()
    assert not screen.watch.key("q")
    assert screen.said() == "To go on later: course-attn\n"


def test_other_file_is_no_reason_to_change(screen, folder):
    screen.said()
    screen.watch.saved({folder.path(catalogue.find("soft_lookup")).resolve()})
    assert screen.said().startswith("You saved soft_lookup; this is scaled_dot_scores.")


def test_deleted_file(screen, folder):
    folder.path(catalogue.find(NAMES[0])).unlink()
    screen.watch.recheck()
    assert "Key r puts the stub there." in screen.said()
    assert "not attempted yet" in screen.key("r", "y")


def test_the_end_checks_everything_again(folder):
    good = Screen(folder, check=lambda name, path, verbose: Found("passed", f"{name}: passed"))
    for name in NAMES:
        folder.record(catalogue.find(name), True)
    good.watch.recheck()
    said = good.key("n")
    assert [line for line in said.splitlines() if "Checking" in line] == [f"Checking {name} ..." for name in NAMES]
    assert said.endswith(FINISHED + "\n")

    def broken(name, path, verbose):
        return Found("failed" if name == NAMES[3] else "passed", name)

    good.watch.check = broken
    good.key("n")
    assert good.watch.exercise.name == NAMES[3]


class Terminal:
    """The command in a pseudo-terminal, and what it has shown."""

    def __init__(self, folder, *args, **environment):
        import pty

        self.master, slave = pty.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "course_attn.cli", *args],
            cwd=folder.root,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "COLUMNS": "120", "TERM": "xterm", **environment},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests run in the background ignore it
        )
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)

    def press(self, keys):
        self.shown = ""
        os.write(self.master, keys.encode())

    def wait_for(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.shown:
            ready, _, _ = select.select([self.master], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{text!r} did not come; shown: {self.shown}"
            try:
                part = os.read(self.master, 65536).decode(errors="replace")
            except OSError:  # Linux says so when the other end is closed
                part = ""
            assert part, f"it ended before {text!r}; shown: {self.shown}"
            self.shown += re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x1b]*\x1b\\)", "", part).replace("\r\n", "\n")


terminal_only = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


@terminal_only
@pytest.mark.parametrize("polling", ["", "true"], ids=["told", "polling"])
def test_a_save_and_keys_in_a_terminal(folder, polling):
    with Terminal(folder, WATCHFILES_FORCE_POLLING=polling) as terminal:
        terminal.wait_for("q: quit")
        assert "not attempted yet" in terminal.shown
        terminal.press("h")
        terminal.wait_for("Hint 1 of 3")
        terminal.shown = ""
        folder.solve(NAMES[0])
        terminal.wait_for("passed, all 5 checks.")
        terminal.wait_for("q: quit")
        terminal.press("n")
        terminal.wait_for(f"{NAMES[1]}: not attempted yet")
        terminal.press("q")
        terminal.wait_for("To go on later")
        assert terminal.process.wait(PATIENCE) == 0


@terminal_only
def test_manual_run_hanging_answer_and_interrupt(folder):
    with Terminal(folder, "watch", "--manual-run", "--deadline", "1.5") as terminal:
        terminal.wait_for("Enter: check")
        folder.write(NAMES[0], f"def {NAMES[0]}(query, key):\n    while True:\n        pass\n")
        terminal.press("\n")
        terminal.wait_for("stopped: after 1.5 seconds it was still running in line")
        terminal.wait_for("q: quit")
        terminal.process.send_signal(signal.SIGINT)
        terminal.wait_for("To go on later")
        assert terminal.process.wait(PATIENCE) == 130


def test_without_a_terminal_it_still_watches(folder):
    command = [sys.executable, "-u", "-m", "course_attn.cli", "watch"]
    process = subprocess.Popen(
        command, cwd=folder.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    end = threading.Timer(PATIENCE, process.kill)
    end.start()
    try:
        seen = []
        while not seen or "no keys" not in seen[-1]:
            seen.append(process.stdout.readline())
            assert seen[-1], "".join(seen)
        folder.solve(NAMES[0])
        while "passed, all 5 checks." not in seen[-1]:
            seen.append(process.stdout.readline())
            assert seen[-1], "".join(seen)
    finally:
        end.cancel()
        process.kill()
        process.communicate()
