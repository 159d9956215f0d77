"""Notebooks belong to their text, were executed in order, and carry what a reader without eyes or kernel needs.

nbval compares outputs but passes a notebook that was never run, so that is checked here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from course_attn import widgets
from tools.notebook_text import STATE, chapters, why_stale

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(path for path in (ROOT / "book").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells_of(path: Path, kind: str) -> list[dict]:
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def tags(cell: dict) -> list[str]:
    return cell["metadata"].get("tags", [])


@pytest.mark.parametrize("markdown", chapters(), ids=lambda path: path.stem)
def test_notebook_was_made_from_the_present_text(markdown):
    assert why_stale(markdown) is None


def test_there_are_notebooks_and_each_has_its_text():
    assert NOTEBOOKS
    assert [path.with_suffix(".md") for path in NOTEBOOKS] == chapters()


def test_contents_list_every_notebook():
    toc = (ROOT / "book" / "_toc.yml").read_text(encoding="utf-8")
    yaml.safe_load(toc)
    listed = set(re.findall(r"file: (\S+\.ipynb)$", toc, re.MULTILINE))
    assert listed == {str(path.relative_to(ROOT / "book")) for path in NOTEBOOKS}


@each_notebook
def test_every_cell_was_executed_in_order(path):
    run = [cell for cell in cells_of(path, "code") if "skip-execution" not in tags(cell)]
    assert run, "a chapter without code"
    assert [cell["execution_count"] for cell in run] == list(range(1, len(run) + 1))
    both = [{"nbval-skip", "skip-execution"} & set(tags(cell)) for cell in cells_of(path, "code")]
    assert all(len(found) != 1 for found in both), "nbval-skip and skip-execution go together"


@each_notebook
def test_no_errors_and_nothing_on_standard_error(path):
    for cell in cells_of(path, "code"):
        kinds = {output["output_type"] for output in cell["outputs"]}
        assert "error" not in kinds or "raises-exception" in tags(cell), cell["id"]
        assert "stderr" not in {output.get("name") for output in cell["outputs"]}, cell["id"]


@each_notebook
def test_every_image_has_its_own_alternative_text(path):
    alternatives = []
    for cell in cells_of(path, "code"):
        if any(kind.startswith("image/") for output in cell["outputs"] for kind in output.get("data", {})):
            image = cell["metadata"].get("mystnb", {}).get("image", {})
            assert len(image.get("alt", "")) >= 20, f"{cell['id']}: an image without alternative text"
            alternatives.append(image["alt"])
    for cell in cells_of(path, "markdown"):
        text = "".join(cell["source"])
        assert not re.search(r"!\[\s*\]\(", text), f"{cell['id']}: an image without alternative text"
        assert all(re.search(r'\balt="[^"]+"', tag) for tag in re.findall(r"<img\b[^>]*>", text)), cell["id"]
    assert len(set(alternatives)) == len(alternatives), "two images share a description"


@each_notebook
def test_stored_widgets_hold_the_code_of_the_package(path):
    """An edited .js or .css would otherwise leave its older self in the page."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    models = notebook["metadata"].get("widgets", {}).get(STATE, {}).get("state", {})
    figures = [getattr(widgets, name) for name in widgets.__all__]
    codes = {(figure._esm, figure._css) for figure in figures}
    for number, model in models.items():
        state = model["state"]
        if "_esm" in state:
            code = (state["_esm"], state["_css"])
            assert code in codes, f"widget {number}: its script and style are those of no figure of course_attn.widgets"
    shown = [
        output["data"]["application/vnd.jupyter.widget-view+json"]["model_id"]
        for cell in cells_of(path, "code")
        for output in cell["outputs"]
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ]
    assert set(shown) <= set(models), "a widget is shown whose state was not stored"
