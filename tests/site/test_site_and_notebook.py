"""The site's chapters and their notebooks agree: in numbers, in words cited, in the version that Colab opens."""

from __future__ import annotations

import json
import re

import pytest
from site_pages import ROOT, parsed

from tools.notebook_text import colab
from tools.plain_markdown import chapters, numbers

each_chapter = pytest.mark.parametrize("name", chapters())


@each_chapter
def test_equations_and_figures_have_the_same_numbers(name):
    page, found = parsed(f"{name}.html"), {}
    for number in page.select(".eqno"):
        label = number.find_parent(id=re.compile("^equation-"))["id"].removeprefix("equation-")
        found[label] = int(number.get_text().strip("()#\n "))
    for figure in page.select("figure[id]"):
        found[figure["id"]] = int(figure.select_one(".caption-number").get_text().removeprefix("Fig. "))
    assert len(found) > 10
    assert found == {label: numbers()[label] for label in found}


@each_chapter
def test_the_page_has_roles_where_the_notebook_has_words(name):
    page = parsed(f"{name}.html")
    assert page.select('a.reference.internal[href^="bibliography.html#"]'), "citations lead to the bibliography"
    assert page.select("div.admonition.check-the-notes"), "notes are boxes"
    for text in ("## References", "Save a copy in Drive", "submit()\n"):
        assert text in "\n".join(
            "".join(cell["source"]) + "\n"
            for cell in json.loads((ROOT / "book" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        )
    shown = page.get_text()
    assert "Save a copy in Drive" not in shown, "cells for the notebook alone are not on the page"
    assert "this notebook has no answers yet" not in shown


@each_chapter
def test_the_button_opens_this_release_in_colab(name):
    addresses = {link["href"] for link in parsed(f"{name}.html").select('a[href*="colab.research"]')}
    assert addresses == {colab(name)}
