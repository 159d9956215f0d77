"""Markers, hashes and the one form of a notebook."""

from __future__ import annotations

import json
import uuid

import pytest

from tools import notebook_text
from tools.plain_notebook import plain_cells

HEADER = "---\nkernelspec:\n  display_name: Python 3\n  name: python3\n---\n\n"


def pair(folder, markdown="# A page\n", **edits):
    """A chapter and a notebook that belongs to it; `edits` replace its recorded hashes."""
    page = folder / "page.md"
    page.write_text(HEADER + markdown, encoding="utf-8")
    notebook = {"cells": [{"cell_type": "markdown", "source": "# A page"}], "metadata": {"language": "python"}}
    text = page.read_text(encoding="utf-8")
    hashes = {
        "source_sha256": notebook_text.sha256(text),
        "cells_sha256": notebook_text.cells_hash(plain_cells(page).cells),
        "content_sha256": notebook_text.content_hash(notebook),
    }
    notebook["metadata"][notebook_text.KEY] = hashes | edits
    page.with_suffix(".ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return page


def test_a_fresh_notebook_is_not_stale(tmp_path):
    assert notebook_text.why_stale(pair(tmp_path)) is None


def test_changed_text_is_noticed(tmp_path):
    page = pair(tmp_path)
    page.write_text(page.read_text(encoding="utf-8") + "More.\n", encoding="utf-8")
    assert notebook_text.why_stale(page) == "page.ipynb was made from another page.md: run `make notebooks`"


def test_a_changed_exercise_is_noticed(tmp_path):
    page = pair(tmp_path, "% exercise: scaled_dot_scores\n", cells_sha256="0" * 64)
    assert notebook_text.why_stale(page) == (
        "page.ipynb holds an older set-up cell, exercise, number or reference: run `make notebooks`"
    )


def test_an_edit_by_hand_is_noticed_and_says_what_to_do(tmp_path):
    page = pair(tmp_path)
    path = page.with_suffix(".ipynb")
    path.write_text(path.read_text(encoding="utf-8").replace("A page", "My page"), encoding="utf-8")
    assert notebook_text.why_stale(page) == (
        "page.ipynb was edited by hand: edit book/page.md instead and run `make notebooks`"
    )


@pytest.mark.parametrize("text", ["", "not JSON", "[]", "{}", '{"metadata": 3}'])
def test_a_broken_notebook_is_no_traceback(tmp_path, text):
    page = pair(tmp_path)
    page.with_suffix(".ipynb").write_text(text, encoding="utf-8")
    assert notebook_text.why_stale(page) == "page.ipynb is not a notebook any more: run `make notebooks`"


def test_a_missing_notebook(tmp_path):
    page = pair(tmp_path)
    page.with_suffix(".ipynb").unlink()
    assert notebook_text.why_stale(page) == "page.ipynb is missing: run `make notebooks`"


def test_only_pages_with_a_kernel_are_chapters(tmp_path):
    page = pair(tmp_path)
    plain = tmp_path / "plain.md"
    plain.write_text("---\nmyst: {}\n---\nkernelspec: in the text\n", encoding="utf-8")
    assert notebook_text.is_chapter(page)
    assert not notebook_text.is_chapter(plain)


def test_the_set_up_marker_becomes_a_cell_only_alone_on_its_line(tmp_path):
    text = notebook_text.expand("% setup\n\nsee % setup there\n", tmp_path / "x.md")
    assert text.count("# @title Set up") == 1
    assert text.endswith("see % setup there\n")


def test_the_set_up_cell_is_for_this_release_and_folded():
    cell = notebook_text.set_up(("minilm", "brown", "smollm2"))
    assert f'\nRELEASE = "{notebook_text.release()}"\n' in cell
    assert f'\nHOME = "{notebook_text.home()}"\n' in cell
    assert '\nREADERS = ["tokenizers"]  # what reads' in cell, "once, though two models need it"
    assert "cellView: form\njupyter: {source_hidden: true}\ntags: [hide-cell]\n" in cell
    assert "\nREADERS = []  #" in notebook_text.set_up()



def shown(shown_first, hidden, address):
    """A notebook that shows one widget, which refers to another."""
    state = {
        hidden: {"model_name": "Layout", "state": {"width": "3"}},
        shown_first: {"model_name": "Any", "state": {"layout": f"IPY_MODEL_{hidden}"}},
    }
    return {
        "cells": [{"outputs": [{"model_id": shown_first, "text": f"<Figure at 0x{address:012x}>"}]}],
        "metadata": {"widgets": {notebook_text.STATE: {"state": state}}},
    }


def test_random_ids_and_addresses_do_not_reach_the_file():
    one, two = (shown(uuid.uuid4().hex, uuid.uuid4().hex, address) for address in (2**40 + 3, 2**40 + 7))
    assert one != two
    first, second = map(notebook_text.canonical, (one, two))
    assert json.dumps(first) == json.dumps(second)
    assert first["cells"][0]["outputs"][0] == {"model_id": f"{1:032x}", "text": "<Figure at 0x0>"}


def test_a_hash_in_the_text_is_not_taken_for_a_widget():
    notebook = {"cells": [{"source": "d" * 32}], "metadata": {}}
    assert notebook_text.canonical(notebook) == notebook
