"""Sphinx side of the course site: what the theme and the extensions leave to mend, and the API directive.

Each part stands in a file beside this one and says why it is needed. ``tests/site`` looks at the finished pages.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))  # autodoc reads course_attn from this checkout

import api_modules  # noqa: E402
import docstrings  # noqa: E402
import icon_fonts  # noqa: E402
import light_figures  # noqa: E402
import mend_html  # noqa: E402
import search_scripts  # noqa: E402
import site_cells  # noqa: E402
from sphinx.application import Sphinx  # noqa: E402

from tools import bibliography_style  # noqa: E402


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect every part."""
    bibliography_style.register()
    app.add_directive("api-modules", api_modules.ApiModules)
    app.connect("source-read", site_cells.on_source_read)
    app.connect("autodoc-process-docstring", docstrings.before_napoleon, priority=400)
    app.connect("autodoc-process-docstring", docstrings.on_docstring, priority=600)  # after napoleon
    app.connect("autodoc-process-signature", docstrings.on_signature)
    app.connect("html-page-context", mend_html.on_page, priority=900)  # after the extensions that write the body
    app.connect("build-finished", icon_fonts.on_finished)
    app.connect("build-finished", light_figures.on_finished)
    app.connect("build-finished", search_scripts.on_finished)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
