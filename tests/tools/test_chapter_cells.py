"""Exercises in chapters."""

import ast
import contextlib
import io
import sys
from pathlib import Path

import pytest

from course_attn.grading import catalogue, report

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import chapter_cells  # noqa: E402

EXERCISES = list(catalogue.exercises().values())
by_name = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)


def cell_of(markdown):
    """The code of the one cell in a piece of Markdown."""
    (code,) = [part.split("\n```")[0] for part in markdown.split("```{code-cell} ipython3\n")[1:]]
    return code


def test_text_without_markers_is_left_alone():
    text = "# Title\n\nSome `% exercise: x` inline.\n\n% setup\n"
    assert chapter_cells.expand(text, "book/x.md") == text


def test_marker_is_replaced_where_it_stands():
    text = chapter_cells.expand("before\n\n% exercise: soft_lookup\n\nafter\n", "book/x.md")
    assert text.startswith("before\n\n### Exercise: A soft look-up\n\n*Implement · 20 minutes")
    assert text.endswith('check("soft_lookup", soft_lookup)\n```\n\nafter\n')


def test_two_markers():
    text = chapter_cells.expand("% exercise: soft_lookup\n\n% exercise: masked_softmax\n", "book/x.md")
    assert text.count("{code-cell}") == 2


@pytest.mark.parametrize("marker", ["% exercise: soft_lokup", "% exercise:", "% exercise: "])
def test_unknown_exercise_names_file_and_line(marker):
    with pytest.raises(ValueError, match=r"book/x\.md, line 3: check: NAME must be the name of an exercise"):
        chapter_cells.expand(f"one\n\n{marker}\n", "book/x.md")


@by_name
def test_cell_holds_the_stub_and_prints_not_attempted(exercise):
    code = cell_of(chapter_cells.exercise_cells(exercise))
    function = next(node for node in ast.parse(exercise.stub).body if isinstance(node, ast.FunctionDef))
    assert ast.get_source_segment(exercise.stub, function) in code
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(code, "cell", "exec"), {})
    assert shown.getvalue() == report.not_attempted(exercise.name) + "\n"


@by_name
def test_imports_stand_above_the_function(exercise):
    kinds = [type(statement) for statement in ast.parse(chapter_cells.cell_code(exercise)).body]
    imports = [kind in (ast.Import, ast.ImportFrom) for kind in kinds]
    assert imports == sorted(imports, reverse=True)


@by_name
def test_hints_are_three_closed_steps(exercise):
    text = chapter_cells.exercise_cells(exercise)
    assert text.count("<details>\n<summary>Hint ") == 3
    assert text.count("\n\n</details>") == 3
    for hint in exercise.hints:
        assert f"</summary>\n\n{hint}\n\n</details>" in text


@by_name
def test_text_is_whole_and_examples_are_fenced(exercise):
    text = chapter_cells.exercise_cells(exercise)
    for paragraph in ast.get_docstring(ast.parse(exercise.stub)).split("\n\n")[1:]:
        assert paragraph in text
    assert text.count("```pycon\n>>>") == 1
    assert text.count(exercise.facts) == 1
