"""After the build: only the search page loads the search index.

The theme loads it on every page for results that appear while one types, which this site does not use. The index grows
with every chapter, and so would the weight of every page.
"""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

NAMES = r"(?:_static/searchtools|_static/language_data|searchindex)"
SCRIPTS = re.compile(rf'\s*<script src="[^"]*{NAMES}\.js[^"]*"></script>')


def on_finished(app: Sphinx, problem: Exception | None) -> None:
    """Mend a finished HTML build."""
    if problem is None and app.builder.format == "html":
        keep_to_search_page(Path(app.outdir))


def keep_to_search_page(site: Path) -> None:
    """Take the scripts of the search out of every page but the search page."""
    for path in sorted(site.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        without = SCRIPTS.sub("", text)
        if path.name != "search.html" and without != text:
            path.write_text(without, encoding="utf-8")
