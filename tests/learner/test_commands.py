"""Ctrl+C in a command; each command of `course-attn` is interrupted in tests/test_cli_machine.py."""

import typer
from typer.core import TyperGroup
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


def test_an_interrupt_while_the_command_line_is_read(monkeypatch):
    """Some versions of typer load much for it, and would end without a word."""
    app = typer.Typer(cls=Commands, pretty_exceptions_enable=False)
    app.command("one")(lambda: None)
    app.command("two")(lambda: None)

    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(TyperGroup, "make_context", interrupt)
    done = CliRunner().invoke(app, ["one"])
    assert (done.exit_code, done.output) == (130, "course-attn: interrupted; call it again to go on\n")
