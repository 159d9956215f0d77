"""The parts of the Sphinx extension and the vendoring, each on a small example."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from pybtex.database import parse_string
from site_pages import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import docstrings
import icon_fonts
import light_figures
import mend_html
import search_scripts
import site_cells

from tools import bibliography_style, vendor


def _mend(html: str) -> str:
    return mend_html.mended(html, mend_html.MENDS)


def test_the_bibliography_becomes_a_list() -> None:
    entry = '<div class="citation" id="a" role="doc-biblioentry"><p>A</p></div>'
    html = f'<div role="list" class="citation-list">{entry}</div>'
    assert _mend(html) == '<ul class="citation-list"><li class="citation" id="a"><p>A</p></li></ul>'


def test_an_empty_corner_is_no_header_and_a_named_one_stays() -> None:
    assert _mend("<tr><th><p></p></th><th>n</th></tr>") == "<tr><td><p></p></td><th>n</th></tr>"


def test_punctuation_stays_with_its_formula() -> None:
    html = '<p>so (<span class="math">d</span>), then <span class="math">e</span> alone</p>'
    kept = '<p>so <span class="keep">(<span class="math">d</span>),</span> then <span class="math">e</span> alone</p>'
    assert _mend(html) == kept


def test_a_signature_of_many_lines_is_no_definition_list() -> None:
    soup = BeautifulSoup(_mend('<dt class="sig">f(<dl><dd>a: int,</dd></dl>)</dt>'), "html.parser")
    assert soup.find(["dl", "dd"]) is None
    assert soup.select_one(".sig-lines > .sig-line").get_text() == "a: int,"


def test_sidebar_arrows_are_named_after_their_page() -> None:
    html = '<li><a href="#">API</a><details><summary><i></i></summary></details></li>'
    assert 'aria-label="Pages under API"' in mend_html.mended(html, [mend_html.name_toggles])


def test_closing_lines_of_a_docstring_become_fields() -> None:
    lines = ["Text.", "Source: A, 2017,", "    and B.", "Chapter: Attention, Self-attention.", "", "Chapter and verse."]
    assert docstrings.as_fields(lines, {"attention"}) == [
        "Text.",
        "",
        ":Source: A, 2017,",
        "   and B.",
        ":Chapter: :doc:`Attention </attention>`, Self-attention.",
        "",
        "Chapter and verse.",
    ]


def test_bars_and_returns_are_read_as_written() -> None:
    lines = ["|q| |k| but ``|code|``", "Returns:", "    The weights: one row."]
    docstrings.before_napoleon(None, "function", "f", None, None, lines)
    assert lines == [r"\|q\| \|k\| but ``|code|``", "Returns:", "    : The weights: one row."]


def test_citations_are_labelled_by_author_and_year() -> None:
    entries = parse_string(
        "@misc{a, author={Doe, J.}, year=2001} @misc{b, author={Doe, J. and Roe, R.}, year=2001}"
        "@misc{c, author={Doe, J. and Roe, R. and Poe, E.}, year=2001} @misc{d, author={Doe, J.}, year=2001}",
        "bibtex",
    ).entries.values()
    labels = list(bibliography_style.AuthorYearLabels().format_labels(list(entries)))
    assert labels == ["Doe, 2001a", "Doe & Roe, 2001", "Doe et al., 2001", "Doe, 2001b"]


def test_icons_in_use_are_those_of_pages_and_style_sheets(tmp_path: Path) -> None:
    static = tmp_path / "_static"
    static.mkdir()
    css = '.fa-star:before{content:"\\f005"}.fa-bell:before{content:"\\f0f3"}:root{--own:"\\f111";--words:"Abc"}'
    (static / "a.css").write_text(css, encoding="utf-8")
    (tmp_path / "page.html").write_text('<i class="fa-solid fa-star"></i>', encoding="utf-8")
    assert icon_fonts.icons_in_use(tmp_path) == {0xF005, 0xF111}


def test_a_figure_gets_lighter_and_a_photo_is_left_alone(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    colours = chance.integers(0, 256, (40, 3), dtype=np.uint8)
    drawn = colours[chance.integers(0, 40, (200, 300))]  # a plot: few colours
    noise = chance.integers(0, 256, (200, 300, 3), dtype=np.uint8)
    for name, pixels, lighter in (("figure", drawn, True), ("photo", noise, False)):
        path = tmp_path / f"{name}.png"
        Image.fromarray(pixels).save(path)
        before = path.read_bytes()
        assert light_figures.lighten(path) is lighter
        assert (len(path.read_bytes()) < len(before)) is lighter


def test_only_the_search_page_loads_the_index(tmp_path: Path) -> None:
    scripts = [f'<script src="../{name}.js?v=1"></script>' for name in ("_static/searchtools", "searchindex")]
    page = "\n".join(["<head>", *scripts, '<script src="../_static/own.js"></script>', "</head>"])
    (tmp_path / "api").mkdir()
    for name in ("api/masks.html", "search.html"):
        (tmp_path / name).write_text(page, encoding="utf-8")
    search_scripts.keep_to_search_page(tmp_path)
    assert (tmp_path / "search.html").read_text(encoding="utf-8") == page
    found = (tmp_path / "api" / "masks.html").read_text(encoding="utf-8")
    assert found == '<head>\n<script src="../_static/own.js"></script>\n</head>'


def test_vendor_says_what_is_missing_and_copies_once(tmp_path: Path) -> None:
    package, target = tmp_path / "mathjax", tmp_path / "vendor"
    with pytest.raises(FileNotFoundError, match="must be installed"):
        vendor.vendor(package, target)
    for part in vendor.PARTS:
        path = package / part
        (path if path.suffix == "" and path.name != "LICENSE" else path.parent).mkdir(parents=True, exist_ok=True)
        if path.suffix or path.name == "LICENSE":
            path.write_text("x", encoding="utf-8")
    (package / "package.json").write_text(json.dumps({"version": "4.0.0"}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"must be version 3\.2\.2, got 4\.0\.0"):
        vendor.vendor(package, target)
    (package / "package.json").write_text(json.dumps({"version": vendor.VERSION}), encoding="utf-8")
    assert vendor.vendor(package, target) is True
    assert (target / "tex-mml-chtml.js").is_file()
    assert vendor.vendor(package, target) is False


def test_the_site_takes_words_from_the_text_and_outputs_from_the_notebook(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("---\nkernelspec: {display_name: P, name: p}\n---\n\n{eq}`a`\n\n```{code-cell}\n1 + 1\n```\n")
    two = {"output_type": "execute_result", "data": {"text/plain": "2"}, "execution_count": 1, "metadata": {}}
    run = {"cell_type": "code", "source": ["1 + ", "1"], "metadata": {}, "outputs": [two], "execution_count": 1}
    extra = {"cell_type": "code", "source": "submit()", "metadata": {"course_attn": site_cells.ADDED}, "outputs": []}
    words = {"cell_type": "markdown", "source": "(1)", "metadata": {}}
    notebook = {"cells": [words, run, extra], "metadata": {"widgets": {}}, "nbformat": 4, "nbformat_minor": 5}
    made = site_cells.with_roles(notebook, page)
    assert [cell["cell_type"] for cell in made["cells"]] == ["markdown", "code"]
    assert "".join(made["cells"][0]["source"]) == "{eq}`a`"
    assert made["cells"][1]["outputs"][0]["data"] == two["data"]
    assert made["metadata"] == {"widgets": {}}
    with pytest.raises(ValueError, match=r"page\.md: the notebook was made from another text: run `make notebooks`"):
        site_cells.with_roles(notebook | {"cells": [words, run | {"source": "1 + 2"}]}, page)
