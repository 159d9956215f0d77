"""The table while a class is marked, and the lines in its place."""

import io

from rich.console import Console

from course_attn.grading.marking.live import LAST, Progress, notes

EVIL = "bad\x1b]0;pwned\x07.py cannot be read\nann: 2 of 2"


def result(name, score=2, flags=(), problems=()):
    return {
        "submission": name, "score": score, "max_score": 2, "problems": list(problems),
        "exercises": [{"flags": list(flags)}],
    }  # fmt: skip


def screen(terminal):
    return Console(file=io.StringIO(), force_terminal=terminal, width=100, highlight=False, soft_wrap=not terminal)


def shown(progress):
    console = screen(False)
    console.print(progress.table())
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_lines_where_there_is_no_terminal():
    console = screen(False)
    with Progress(console, 2) as progress:
        progress.seen(result("ann", flags=["a flag"]))
        progress.seen(result("bob", 0.5, problems=[EVIL]))
    assert console.file.getvalue() == (
        "ann: 2 of 2, flags on 1\nbob: 0.5 of 2, bad]0;pwned.py cannot be read ann: 2 of 2\n"
    )


def test_the_table_holds_the_last_and_the_pace():
    times = iter(range(0, 1000, 4))
    progress = Progress(screen(True), 30, clock=lambda: next(times))
    assert shown(progress) == ["0 of 30"]
    for number in range(10):
        progress.seen(result(f"student{number}", problems=["[red]not markup[/red]"] * (number == 9)))
    lines = shown(progress)
    assert len(lines) == LAST + 1
    assert lines[0].split() == ["student4", "2", "of", "2"]
    assert lines[-2].endswith("[red]not markup[/red]")
    assert lines[-1].split() == ["10", "of", "30", "4.0", "s", "each,", "1:20", "left"]


def test_what_was_known_already_does_not_count_for_the_pace_for_long():
    now = [0.0]
    progress = Progress(screen(True), 200, clock=lambda: now[0])
    for _ in range(100):
        progress.seen(result("known"))
    for _ in range(50):
        now[0] += 0.5
        progress.seen(result("new"))
    assert progress.pace() == "2.0 a second, 0:25 left"


def test_on_a_terminal_it_stays_in_place():
    console = screen(True)
    with Progress(console, 1) as progress:
        progress.seen(result("ann", problems=[EVIL]))
    text = console.file.getvalue()
    assert "ann" in text
    assert "pwned\x07" not in text
    assert "\x1b]0;" not in text


def test_notes_are_short():
    assert len(notes(result("x", problems=["y" * 10**5]))) == 100
    assert notes(result("x")) == ""
