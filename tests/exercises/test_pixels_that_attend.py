"""A mistake of `pixels_that_attend` has its name whichever way round the sum is written."""

import ast
from pathlib import Path

import pytest

from course_attn.grading import catalogue, loading, report, runner

MISTAKE = Path(__file__).parent / "ch06_convolution" / "pixels_that_attend" / "mistake_channels_of_the_notes.py"
LAST = "    return x + gamma * answers.unflatten(2, x.shape[2:])\n"
TURNED = "    return gamma * answers.unflatten(2, x.shape[2:]) + x\n"
IN_PLACE = "    result = gamma * answers.unflatten(2, x.shape[2:])\n    result += x\n    return result\n"


@pytest.mark.parametrize("last", [LAST, TURNED, IN_PLACE])
def test_the_channels_of_the_notes_are_named(tmp_path, last):
    text = MISTAKE.read_text(encoding="utf-8")
    assert LAST in text
    path = tmp_path / "pixels_that_attend.py"
    path.write_text(text.replace(LAST, last), encoding="utf-8")
    found = runner.run(catalogue.find("pixels_that_attend"), loading.load(path, "pixels_that_attend"))
    assert ast.get_docstring(ast.parse(text)) in " ".join(report.as_text(found).split())
