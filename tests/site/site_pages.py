"""The pages of the built site, and what each one holds."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
WRITTEN_BY_SPHINX = ("search.html", "genindex.html")


def _entries(node: object) -> list[str]:
    """Every ``file`` and ``root`` of a table of contents, in order."""
    if isinstance(node, list):
        return [name for item in node for name in _entries(item)]
    if not isinstance(node, dict):
        return []
    own = [node[key] for key in ("root", "file") if key in node]
    return own + [name for key in ("parts", "chapters", "sections") for name in _entries(node.get(key))]


def pages_of_the_book() -> list[str]:
    """Addresses of the pages of ``_toc.yml``, relative to the site."""
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    return [f"{entry.removesuffix('.ipynb').removesuffix('.md')}.html" for entry in _entries(toc)]


BOOK_PAGES = pages_of_the_book()
PAGES = [*BOOK_PAGES, *WRITTEN_BY_SPHINX]


@cache
def parsed(address: str) -> BeautifulSoup:
    """One page of the site, parsed."""
    return BeautifulSoup((SITE / address).read_text(encoding="utf-8"), "html.parser")
