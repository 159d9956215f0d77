"""The course's own notebooks with their right answers get every point, with the cells' own imports and without."""

import ast
import json
import re
from pathlib import Path

import pytest

from course_attn.grading import catalogue
from course_attn.grading.marking import batch, submissions
from course_attn.grading.marking.marks import Terms

ROOT = Path(__file__).parents[3]
CHECK = re.compile(r'^check\("(\w+)", \w+\)$', re.MULTILINE)


def answered(exercise, with_imports):
    """An exercise's cell as the book has it, with the solution in place of the stub."""
    text = (ROOT / "solutions" / exercise.chapter / f"{exercise.name}.py").read_text(encoding="utf-8")
    text = "\n".join(text.splitlines()[ast.parse(text).body[0].end_lineno :])
    if not with_imports:
        text = re.sub(r"^import (?:torch|math)\n", "", text, flags=re.MULTILINE)
    return f'from course_attn import check\n{text}\ncheck("{exercise.name}", {exercise.answer})'


def fill_in(folder, with_imports):
    """Every notebook of the book with its exercises answered; the names of the exercises."""
    names = []
    for page in sorted((ROOT / "book").glob("*.ipynb")):
        notebook = json.loads(page.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            exercise = CHECK.search("".join(cell["source"])) if cell["cell_type"] == "code" else None
            if exercise:
                cell["source"] = answered(catalogue.find(exercise[1]), with_imports)
                names.append(exercise[1])
        (folder / page.name).write_text(json.dumps(notebook), encoding="utf-8")
    return names


@pytest.mark.parametrize("with_imports", [True, False])
def test_full_points(tmp_path, tier, with_imports):
    names = fill_in(tmp_path, with_imports)
    assert len(names) >= 50
    result = batch.mark_here(submissions.read(tmp_path), Terms(tuple(names), tier, tier, "a secret", 20.0))
    lost = {each["name"]: each["problem"] for each in result["exercises"] if each["score"] < each["points"]}
    assert lost == {}
    assert {each["name"]: each["flags"] for each in result["exercises"] if each["flags"]} == {}
    assert (result["problems"], result["remarks"]) == ([], [])


def test_as_they_come_they_are_not_attempted(tmp_path):
    for page in (ROOT / "book").glob("*.ipynb"):
        (tmp_path / page.name).write_bytes(page.read_bytes())
    stub = submissions.read(tmp_path)
    assert len(stub.answers) >= 50
    (tmp_path / "submission").mkdir()
    own = ROOT / "solutions" / "ch01_attention" / "soft_lookup.py"
    (tmp_path / "submission" / "soft_lookup.py").write_bytes(own.read_bytes())
    assert submissions.read(tmp_path).answers["soft_lookup"][1] == own.read_text(encoding="utf-8")
