"""How a misuse reads; and it reads so where torch is lacking."""

import subprocess
import sys

import pytest

from course_attn._error import error


@pytest.mark.parametrize(("advice", "end"), [("", ""), ("did you mean y?", " (did you mean y?)")])
def test_what_was_wanted_what_came_what_to_do(advice, end):
    raised = error("where", "x", "a number", "a word", advice)
    assert type(raised) is ValueError
    assert str(raised) == f"where: x must be a number, got a word{end}"


def test_a_misuse_is_told_without_torch(tmp_path):
    """Not that torch is lacking, which the command does not need."""
    (tmp_path / "torch.py").write_text("raise ImportError('needed')\n")
    (tmp_path / "exercises").mkdir()
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nfrom typer.testing import CliRunner\n"
    code += "from course_attn.cli import app\n"
    code += "print(*(CliRunner().invoke(app, words).output for words in (['hint', 'nosuch'], ['init', '.'])))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert "must be the name of an exercise, got 'nosuch'" in done.stdout, done.stderr
    assert "FOLDER must be without exercises" in done.stdout
