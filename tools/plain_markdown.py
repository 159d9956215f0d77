"""A chapter's words without MyST: what only the site understands becomes what every reader of a notebook shows.

Colab, JupyterLab and GitHub print roles and directives as they stand. So a notebook gets citations by name and year,
the numbers of equations and figures, notes as quotes, and links to the site. The site reads the roles (``book/_ext``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml
from pybtex.backends.markdown import Backend
from pybtex.database import BibliographyData, parse_file

from tools.bibliography_style import CourseStyle, author_year

ROOT = Path(__file__).resolve().parent.parent
CITATION = re.compile(r"\{cite:([pt])\}`([^`]+)`")
REFERENCE = re.compile(r"\{(eq|numref)\}`([^`]+)`")
EQUATION = re.compile(r"^\$\$ \(([\w-]+)\)$", re.MULTILINE)
FIGURE = re.compile(r"^    name: (fig-[\w-]+)$", re.MULTILINE)
NOTE = re.compile(r"^:::\{admonition\} (.+)\n(?::\w+: .+\n)*\n?((?:.*\n)*?):::$", re.MULTILINE)
TARGET = re.compile(r"^\([\w-]+\)=\n", re.MULTILINE)
LINK = re.compile(r"\]\(([\w/]+)\.(?:ipynb|md)(#[\w-]+)?\)")
LEFT = re.compile(
    r"(?<!`)\{[a-z][\w:-]*\}`|^ *:::|^ *```\{|^\([\w-]+\)=|^% |\$\$ \(|\]\([\w/]+\.(?:ipynb|md)\b", re.MULTILINE
)


@cache
def chapters() -> tuple[str, ...]:
    """The chapters by name, in the order of the contents."""
    contents = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    files = [entry["file"] for part in contents["parts"] for entry in part["chapters"]]
    return tuple(name.removesuffix(".ipynb") for name in files if name.endswith(".ipynb"))


@cache
def site() -> str:
    """The site's address, with a stroke at its end."""
    address: str = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["html"]["baseurl"]
    return address


@cache
def numbers() -> dict[str, int]:
    """The number of each labelled equation and figure, counted through the book as the site counts them."""
    texts = [(ROOT / "book" / f"{name}.md").read_text(encoding="utf-8") for name in chapters()]
    kinds = ([label for text in texts for label in kind.findall(text)] for kind in (EQUATION, FIGURE))
    return {label: number for labels in kinds for number, label in enumerate(labels, start=1)}


@cache
def bibliography() -> BibliographyData:
    """What may be cited."""
    return parse_file(str(ROOT / "book" / "references.bib"))


@dataclass
class Plain:
    """Writes the pieces of one chapter in plain Markdown, and remembers what they cite."""

    cited: set[str] = field(default_factory=set)

    def text(self, markdown: str) -> str:
        """The same words without roles, directives and labels.

        Raises:
            ValueError: If a label or a key is not known, or something of MyST is left.
        """
        markdown = NOTE.sub(lambda note: _quote(note[1], note[2]), TARGET.sub("", markdown))
        markdown = EQUATION.sub(lambda found: rf"\tag{{{_number(found[1])}}}" + "\n$$", markdown)
        markdown = REFERENCE.sub(_reference, CITATION.sub(self._citation, markdown))
        markdown = LINK.sub(lambda found: f"]({site()}{found[1]}.html{found[2] or ''})", markdown)
        if left := LEFT.search(markdown):
            line = markdown.count("\n", 0, left.start())
            raise ValueError(f"notebooks are read without MyST, and this would be left: {markdown.splitlines()[line]}")
        return markdown

    def _citation(self, found: re.Match[str]) -> str:
        keys = [key.strip() for key in found[2].split(",")]
        for key in keys:
            if key not in bibliography().entries:
                raise ValueError(f"{key} is cited and does not stand in references.bib")
        self.cited.update(keys)
        labels = [author_year(bibliography().entries[key]).replace(" & ", " and ") for key in keys]
        if found[1] == "p":
            return f"({'; '.join(labels)})"
        return ", ".join(f"{who} ({year})" for who, year in (label.rsplit(", ", 1) for label in labels))

    def references(self) -> str:
        """What was cited, as a list in the order of the authors."""
        wanted = BibliographyData({key: bibliography().entries[key] for key in sorted(self.cited)})
        entries = CourseStyle().format_bibliography(wanted)
        texts = (re.sub(r"\\([.()-])", r"\1", entry.text.render(Backend())) for entry in entries)  # escaped for nothing
        return "\n".join(f"- {' '.join(text.split())}" for text in texts)


def _quote(title: str, body: str) -> str:
    """A note as a quotation with its title."""
    lines = [f"**Check the notes: {title}**", "", *body.strip().splitlines()]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _reference(found: re.Match[str]) -> str:
    return f"({_number(found[2])})" if found[1] == "eq" else f"Fig. {_number(found[2])}"


def _number(label: str) -> int:
    if label not in numbers():
        raise ValueError(f"{label} is the label of no equation and no captioned figure of a chapter")
    return numbers()[label]
