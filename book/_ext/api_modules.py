"""``.. api-modules::`` lists modules, one a line, and documents each in a section of its own.

Adding a module to the reference is one more line; its text is its docstrings.
"""

from __future__ import annotations

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles


class ApiModules(SphinxDirective):
    """One section with an ``automodule`` for each module named in the content."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Write the sections as reStructuredText and parse them where the directive stands."""
        source, _ = self.get_source_info()
        names = [line.strip() for line in self.content if line.strip()]
        if not names:
            raise self.error("api-modules: the content must be module names, one a line, got nothing")
        lines: list[str] = []
        for name in names:
            lines += [name, "-" * len(name), "", f".. automodule:: {name}", ""]
        holder = nodes.Element()
        nested_parse_with_titles(self.state, StringList(lines, source=source), holder)
        return holder.children
