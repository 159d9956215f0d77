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


def test_listing_marks_what_passed_and_where_one_is():
    lines = progress.listing(["masked_softmax"], "soft_lookup")
    assert len(lines) == len(catalogue.exercises())
    assert lines[1].startswith("  [x] masked_softmax ")
    assert lines[2].startswith("> [ ] soft_lookup ")
