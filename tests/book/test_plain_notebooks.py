"""Each notebook read without MyST, as Colab, JupyterLab and GitHub show it: nothing raw is left."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from nbconvert.filters import markdown2html_mistune

from tools.notebook_text import KEY
from tools.plain_markdown import chapters, numbers
from tools.plain_notebook import ADDED

ROOT = Path(__file__).resolve().parents[2]
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]*(?:\n[^$\n]+)?\$", re.DOTALL)
# A role or directive, its fence, a label or target, an option of a directive, a marker of the generator.
RAW = re.compile(r"\{[a-z][\w:-]*\}|:::|\((?:eq|fig|tab)-[\w-]+\)|\([\w-]+\)=|^\s*:\w+: |^% |\[\^", re.MULTILINE)
READERS = {"JupyterLab": markdown2html_mistune, "GitHub": MarkdownIt("gfm-like").render}

each_reader = pytest.mark.parametrize("reader", READERS)
each_chapter = pytest.mark.parametrize("name", chapters())


def words_shown(markdown: str, reader: str) -> str:
    """The words a reader without MyST sees, formulas and code left out."""
    page = BeautifulSoup(READERS[reader](FORMULA.sub("formula", markdown)), "html.parser")
    for code in page.find_all(["code", "pre"]):
        code.replace_with("code")
    return page.get_text()


def cells_of(name: str) -> list[dict]:
    return json.loads((ROOT / "book" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]


@each_reader
@each_chapter
def test_nothing_of_myst_is_shown(name, reader):
    for cell in cells_of(name):
        if cell["cell_type"] == "markdown":
            found = RAW.search(words_shown("".join(cell["source"]), reader))
            assert not found, f"{cell['id']}: {found[0]!r} is shown as it stands"


@each_reader
@pytest.mark.parametrize(
    "markdown",
    [
        "as {cite:p}`vaswani2017` says",
        "by {eq}`eq-lookup`",
        "$$\na\n$$ (eq-lookup)",
        ":::{admonition} Title\n:class: x\n\ntext\n:::",
        "choice: :::",
        "(why-root-d)=\n## Why",
        "% exercise: soft_lookup",
        "text\n\n:class: check-the-notes\n",
    ],
)
def test_raw_myst_is_noticed(markdown, reader):
    assert RAW.search(words_shown(markdown, reader))


@each_reader
@pytest.mark.parametrize("markdown", [r"$\mathrm{softmax}(a)$", "`{x}`", "```pycon\n>>> {a}\n```", "(a) = (b): see 3"])
def test_what_is_no_myst_passes(markdown, reader):
    assert not RAW.search(words_shown(markdown, reader))


@each_chapter
def test_every_figure_has_its_numbered_caption_below(name):
    cells = cells_of(name)
    captioned = 0
    for cell, below in zip(cells, [*cells[1:], {}], strict=True):
        figure = cell["metadata"].get("mystnb", {}).get("figure", {})
        if "caption" in figure:
            captioned += 1
            assert "".join(below["source"]).startswith(f"**Fig. {numbers()[figure['name']]}.** ")
    assert captioned > 5


@each_chapter
def test_every_numbered_formula_is_tagged(name):
    text = (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")
    labels = re.findall(r"^\$\$ \((eq-[\w-]+)\)$", text, re.MULTILINE)
    shown = "\n".join("".join(cell["source"]) for cell in cells_of(name) if cell["cell_type"] == "markdown")
    assert re.findall(r"\\tag\{(\d+)\}", shown) == [str(numbers()[label]) for label in labels]


@each_chapter
def test_whoever_is_cited_is_listed(name):
    cells = {cell["id"]: "".join(cell["source"]) for cell in cells_of(name)}
    cited = set(re.findall(r"\{cite:[pt]\}`([^`]+)`", (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")))
    keys = {key for group in cited for key in group.split(",")}
    assert cells["references"].count("\n- ") == len(keys) > 3


@each_chapter
def test_the_set_up_cell_is_folded_and_the_last_hands_in(name):
    cells = cells_of(name)
    first = next(cell for cell in cells if cell["cell_type"] == "code")
    assert first["metadata"]["cellView"] == "form"
    assert first["metadata"]["jupyter"] == {"source_hidden": True}
    assert cells[-1]["metadata"] == {KEY: ADDED}
    assert "".join(cells[-1]["source"]).endswith("submit()")
    assert "".join(cells[-1]["outputs"][0]["text"]).startswith("submit: this notebook has no answers yet.")
