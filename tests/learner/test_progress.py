"""What stands below a result."""

import io

import pytest
from rich.console import Console

from course_attn.grading import catalogue
from course_attn.learner import progress


@pytest.mark.parametrize(
    ("done", "total", "inside"),
    [
        (0, 7, "-" * 30),
        (7, 7, "#" * 30),
        (1, 7, "####>" + "-" * 25),
        (6, 7, "#" * 25 + ">----"),
        (29, 30, "#" * 29 + ">"),
    ],
)
def test_bar(done, total, inside):
    assert progress.bar(done, total) == f"Progress: [{inside}] {done}/{total}"


def test_keys_line():
    assert progress.keys_line(False) == "n: next   h: hint   l: list   r: reset   q: quit"
    assert progress.keys_line(True).startswith("Enter: check   n: next")


def test_link_opens_the_file(tmp_path):
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system="truecolor", width=200)
    console.print(progress.link(tmp_path / "a b.py", "a b.py"))
    assert (tmp_path / "a b.py").as_uri() in out.getvalue()
    assert progress.link(tmp_path / "x.py", "x.py").plain == "x.py"


def test_result_is_the_text():
    assert progress.result("one\n  [two]\nthree", False).plain == "one\n  [two]\nthree"
    assert progress.result("one", True).plain == "one"


def test_listing_opens_the_current_chapter_only():
    first, *others = progress.chapters()
    lines = progress.listing(["masked_softmax"], "soft_lookup")
    assert len(lines) == 1 + len(first) + len(others)
    assert lines[0] == f"  Chapter 1: attention, 1 of {len(first)}"
    assert lines[2].startswith("    [x] masked_softmax ")
    assert lines[3].startswith(">   [ ] soft_lookup ")
    assert all(line.startswith("  Chapter ") for line in lines[1 + len(first) :])


def test_table_has_every_exercise_under_its_chapter():
    lines = progress.table(["masked_softmax"])
    names = [line[2:].split()[0] for line in lines[1:] if line[:2] in ("x ", "  ")]
    assert names == list(catalogue.exercises())
    assert [line for line in lines if line.startswith("x ")] == [lines[4]]
    assert sum(line.startswith("Chapter ") for line in lines) == len(progress.chapters())


def test_a_chapter_is_finished_when_all_of_it_passed():
    first = progress.chapters()[0]
    names = [exercise.name for exercise in first]
    assert progress.finished(first[0], names[1:]) == ""
    assert progress.finished(first[0], names) == f"Chapter 1 is done: all {len(first)} of its exercises pass."
