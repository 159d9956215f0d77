"""Ctrl+C in a command; each command of `course-attn` is interrupted in tests/test_cli_machine.py."""

import typer
from typer.testing import CliRunner

from course_attn.learner.commands import Commands


def test_an_interrupt_and_nothing_else_is_told():
    app = typer.Typer(cls=Commands, pretty_exceptions_enable=False)

    @app.command()
    def interrupt():
        raise KeyboardInterrupt

    @app.command()
    def fail():
        raise RuntimeError("ours")

    done = CliRunner().invoke(app, ["interrupt"])
    assert (done.exit_code, done.output) == (130, "course-attn: interrupted; call it again to go on\n")
    assert str(CliRunner().invoke(app, ["fail"]).exception) == "ours"
