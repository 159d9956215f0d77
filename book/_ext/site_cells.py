"""The site reads a chapter's words from its .md, with their roles, and the outputs from its notebook.

The committed notebook is in plain Markdown, for readers without MyST, and has cells that the site does not need.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from tools.notebook_text import KEY
from tools.plain_notebook import ADDED, text_cells


def on_source_read(app: Sphinx, page: str, source: list[str]) -> None:
    """Put the text's own cells in place of the notebook's, each code cell with its outputs."""
    path = Path(app.env.doc2path(page))
    if path.suffix == ".ipynb":
        source[0] = json.dumps(with_roles(json.loads(source[0]), path.with_suffix(".md")))


def with_roles(notebook: dict[str, Any], markdown: Path) -> dict[str, Any]:
    """The notebook with the cells of its text.

    Raises:
        ValueError: If the code of the two is not the same.
    """
    made: dict[str, Any] = text_cells(markdown)
    run = [c for c in notebook["cells"] if c["cell_type"] == "code" and c["metadata"].get(KEY) != ADDED]
    code = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
    if ["".join(cell["source"]) for cell in run] != [cell["source"] for cell in code]:
        raise ValueError(f"{markdown.name}: the notebook was made from another text: run `make notebooks`")
    for cell, stored in zip(code, run, strict=True):
        cell |= {"outputs": stored["outputs"], "execution_count": stored["execution_count"]}
    made |= {"nbformat": 4, "nbformat_minor": 5, "metadata": notebook["metadata"]}
    return made
