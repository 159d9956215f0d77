"""The cells of a chapter's notebook: those of its text in plain Markdown, and around them what only a notebook needs.

The site has figures' captions, a contents and a bibliography of its own. A notebook stands alone, so it gets cells
for them, marked in their metadata: the way to the site, a caption below each figure, references, and ``submit()``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jupytext
from nbformat.v4 import new_code_cell, new_markdown_cell

from tools.notebook_text import KEY, ROOT, colab, expand
from tools.plain_markdown import Plain, chapters, numbers, site

ADDED = "only in the notebook"
OPENING = """\
> A chapter of [Attention from the Ground Up]({site}), which has [this page]({site}{name}.html), the \
[notation]({site}notation.html) and a [glossary]({site}glossary.html). The cell below installs what is missing; then \
run the cells from top to bottom. In Colab, first save a copy of your own (*File → Save a copy in Drive*): what you \
write here is lost when the tab is closed."""
HAND_IN = """\
## Hand in

The cell below packs the answers of this notebook into `submission.zip` and, in Colab, offers the file for download. \
Whoever marks it runs the checks anew. [What the checks recognise]({site}mistakes.html) lists every mistake they name.

{following}"""


def text_cells(markdown: Path) -> Any:
    """The notebook of a chapter as its text has it, with every marker filled in and nothing run."""
    return jupytext.reads(expand(markdown.read_text(encoding="utf-8"), markdown), fmt="md:myst")


def plain_cells(markdown: Path) -> Any:
    """The notebook of a chapter as it is run and committed.

    Raises:
        ValueError: If a marker names no exercise, a label or a citation is unknown, or something of MyST is left.
    """
    notebook, plain = text_cells(markdown), Plain()
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    cells: list[Any] = []
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03d}"
        if cell.cell_type == "markdown":
            cell.source = plain.text(cell.source)
        elif "cellView" in cell.metadata:
            cells.append(_added("opening", OPENING.format(site=site(), name=markdown.stem)))
        cells.append(cell)
        if caption := _caption(cell, plain):
            cells.append(_added(f"caption-{number:03d}", caption))
    if plain.cited:
        cells.append(_added("references", f"## References\n\n{plain.references()}"))
    if any(re.search(r"^check\(", cell.source, re.MULTILINE) for cell in cells if cell.cell_type == "code"):
        cells.append(_added("hand-in", HAND_IN.format(site=site(), following=_following(markdown.stem))))
        cells.append(_added("submit", "from course_attn import submit\n\nsubmit()", new_code_cell))
    notebook.cells = cells
    return notebook


def _added(name: str, source: str, kind: Any = new_markdown_cell) -> Any:
    return kind(source, id=name, metadata={KEY: ADDED})


def _caption(cell: Any, plain: Plain) -> str:
    """What stands below a figure, with its number."""
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if "caption" not in figure:
        return ""
    return f"**Fig. {numbers()[figure['name']]}.** {plain.text(figure['caption'])}"


def _following(name: str) -> str:
    """The way to the next chapter, or back to the contents."""
    names = chapters()
    if name not in names or name == names[-1]:
        return f"This is the last chapter so far. [All chapters]({site()})"
    following = names[names.index(name) + 1]
    text = (ROOT / "book" / f"{following}.md").read_text(encoding="utf-8")
    title = text.split("\n# ", 1)[1].split("\n", 1)[0]
    return f"Next chapter: [{title}]({site()}{following}.html), [in Colab]({colab(following)})."
