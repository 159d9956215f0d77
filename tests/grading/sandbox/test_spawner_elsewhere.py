"""Tier D and `doctor` where Python has no more than on Windows: what only Unix has is taken away first."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
TAKEN = """
import os, signal, socket, sys
import rich.progress, torch, typer, watchfiles
for name in ("resource", "fcntl", "termios", "tty", "pwd", "grp"):
    sys.modules[name] = None
for module, names in (
    (os, "fork getuid geteuid setsid setresuid setgroups killpg wait4"),
    (signal, "SIGALRM SIGCHLD setitimer"),
    (socket, "AF_UNIX send_fds recv_fds"),
):
    for name in names.split():
        delattr(module, name)
from course_attn.cli import app
from course_attn.grading import grade_command
from course_attn.grading.sandbox import isolation
from course_attn.learner import doctor
isolation.can = lambda tier: tier == "D"
app(sys.argv[1:])
"""


def run(*arguments):
    command = [sys.executable, "-c", TAKEN, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_doctor():
    done = run("doctor")
    assert done.returncode == 0, done.stderr
    assert "D (a process of its own and a deadline: for practice, not for marks)" in done.stdout


def test_an_answer_is_marked(tmp_path):
    answer = ROOT / "solutions" / "ch01_attention" / "predict_output.py"
    arguments = (answer, "--exercise", "predict_output", "--require-isolation", "D", "--out", tmp_path)
    done = run("grade", *arguments)
    assert done.returncode == 0, done.stderr
    assert "predict_output: 2 of 2" in done.stdout
