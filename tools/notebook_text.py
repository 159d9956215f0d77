"""The text of a generated notebook: expanding a chapter's markers, and writing what was executed in one fixed form."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
KEY = "course_attn"  # the notebook's metadata entry that holds the hashes
STATE = "application/vnd.jupyter.widget-state+json"
SETUP_MARKER = re.compile(r"^% setup[ \t]*$", re.MULTILINE)
MODEL_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
ADDRESS = re.compile(r" at 0x[0-9a-f]{8,16}>")

FIRST_CELL = Path(__file__).with_name("first_cell.py")
# Colab and JupyterLab show such a cell folded, the site behind a line to click.
SETUP = """\
```{{code-cell}}
---
cellView: form
jupyter: {{source_hidden: true}}
tags: [hide-cell]
---
{code}
```"""
READER_OF = {"minilm": "tokenizers", "smollm2": "tokenizers", "whisper": "tokenizers"}


def release(root: Path = ROOT) -> str:
    """The version that a notebook belongs to: the cell installs it, and the Colab button opens its tag."""
    found = re.search(r'__version__ = "([^"]+)"', (root / "course_attn" / "_version.py").read_text(encoding="utf-8"))
    if not found:
        raise ValueError("release: a version must stand in course_attn/_version.py")
    return found[1]


def home(root: Path = ROOT) -> str:
    """The repository's public address, from ``_config.yml``."""
    config = (root / "_config.yml").read_text(encoding="utf-8")
    found = re.search(r"^repository:\n(?: .*\n)*?  url: (\S+)", config, re.MULTILINE)
    if not found:
        raise ValueError("home: repository.url must stand in _config.yml")
    return found[1]


def colab(chapter: str) -> str:
    """Where Colab opens a chapter of this release, as the site's button does."""
    place = home().removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{place}/blob/v{release()}/book/{chapter}.ipynb"


def set_up(needs: tuple[str, ...] = ()) -> str:
    """The first cell, for this release; with the libraries that read the trained models the page needs."""
    code = FIRST_CELL.read_text(encoding="utf-8").rstrip()
    readers = sorted({READER_OF[model] for model in needs if model in READER_OF})
    for name, value in {"RELEASE": release(), "HOME": home(), "READERS": readers}.items():
        code = re.sub(rf"^{name} = (\"[^\"]*\"|\[\])", f"{name} = {json.dumps(value)}", code, flags=re.MULTILINE)
    return SETUP.format(code=code)


def expand(text: str, path: Path) -> str:
    """Fill in a chapter's markers, ``% setup`` and ``% exercise: NAME``."""
    from tools import chapter_cells, page_files

    text = SETUP_MARKER.sub(lambda _: set_up(page_files.checked(path.name, page_files.header(text))), text)
    return chapter_cells.expand(text, path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def is_chapter(markdown: Path) -> bool:
    """Whether a page's header names a kernel, so that a notebook is made from it."""
    parts = markdown.read_text(encoding="utf-8").split("---\n", 2)
    return len(parts) == 3 and parts[0] == "" and re.search(r"^kernelspec:", parts[1], re.MULTILINE) is not None


def chapters(root: Path = ROOT) -> list[Path]:
    """Every page a notebook is made from, in the order of their names."""
    return [page for page in sorted((root / "book").rglob("*.md")) if is_chapter(page)]


def sha256(text: str) -> str:
    """Hash of a text as it stands in a file."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def cells_hash(cells: list[Any]) -> str:
    """Hash of what stands in cells before they are run."""
    return sha256(json.dumps([[cell.source, cell.metadata] for cell in cells], sort_keys=True, ensure_ascii=False))


def content_hash(notebook: dict[str, Any]) -> str:
    """Hash of a notebook without the hashes it carries: it changes when someone edits the file by hand."""
    metadata = {name: value for name, value in notebook["metadata"].items() if name != KEY}
    return sha256(json.dumps({**notebook, "metadata": metadata}, sort_keys=True, ensure_ascii=False))


def why_stale(markdown: Path) -> str | None:
    """Compare a chapter with its notebook by hash alone, without running anything.

    Returns:
        What is wrong and what to do, or None when the notebook belongs to the chapter.
    """
    path = markdown.with_suffix(".ipynb")
    if not path.exists():
        return f"{path.name} is missing: run `make notebooks`"
    from tools.plain_notebook import plain_cells

    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        hashes = notebook["metadata"].get(KEY, {})
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{path.name} is not a notebook any more: run `make notebooks`"
    text = markdown.read_text(encoding="utf-8")
    if hashes.get("content_sha256") != content_hash(notebook):
        return f"{path.name} was edited by hand: edit book/{markdown.name} instead and run `make notebooks`"
    if hashes.get("source_sha256") != sha256(text):
        return f"{path.name} was made from another {markdown.name}: run `make notebooks`"
    if hashes.get("cells_sha256") != cells_hash(plain_cells(markdown).cells):
        return f"{path.name} holds an older set-up cell, exercise, number or reference: run `make notebooks`"
    return None


def canonical(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with everything that differs from run to run (widget ids, addresses, order) put in one form."""
    state = notebook["metadata"].get("widgets", {}).get(STATE, {}).get("state", {})
    ids = _fixed_ids(json.dumps(notebook["cells"]), state)
    text = MODEL_ID.sub(lambda match: ids.get(match.group(), match.group()), json.dumps(notebook, ensure_ascii=False))
    fixed: dict[str, Any] = json.loads(ADDRESS.sub(" at 0x0>", text))
    if state:
        widgets = fixed["metadata"]["widgets"][STATE]
        widgets["state"] = dict(sorted(widgets["state"].items()))
    return fixed


def _fixed_ids(cells: str, state: dict[str, Any]) -> dict[str, str]:
    """Number widget models: those shown first, then what they refer to, then the rest by content."""
    order: dict[str, str] = {}

    def number(model: str) -> None:
        if model in state and model not in order:
            order[model] = f"{len(order) + 1:032x}"

    def content(model: str) -> str:
        return json.dumps([state[model]["model_name"], state[model]["state"]], sort_keys=True)

    for model in MODEL_ID.findall(cells):
        number(model)
    queue = list(order)
    while queue:
        for model in MODEL_ID.findall(content(queue.pop(0))):
            if model in state and model not in order:
                number(model)
                queue.append(model)
    for model in sorted((m for m in state if m not in order), key=lambda m: MODEL_ID.sub("", content(m))):
        number(model)
    return order
