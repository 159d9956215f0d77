"""Bibliography entries labelled by author and year, as the text cites them, in alphabetical order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style as UnsrtStyle
from pybtex.style.labels import BaseLabelStyle


def author_year(entry: Entry) -> str:
    """``Bahdanau et al., 2015``; two authors are both named."""
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [" ".join(p.prelast_names + p.last_names).replace("{", "").replace("}", "") for p in people]
    if not names:
        names = [entry.fields.get("title", entry.key)]
    who = names[0] if len(names) == 1 else " & ".join(names) if len(names) == 2 else f"{names[0]} et al."
    return f"{who}, {entry.fields.get('year', 'n.d.')}"


class AuthorYearLabels(BaseLabelStyle):
    """Labels of :func:`author_year`, with a letter where two are the same."""

    def format_labels(self, sorted_entries: list[Entry]) -> Iterator[str]:
        """One label for each entry, in their order."""
        labels = [author_year(entry) for entry in sorted_entries]
        total, seen = Counter(labels), Counter[str]()
        for label in labels:
            letter = "abcdefghijklmnopqrstuvwxyz"[seen[label]] if total[label] > 1 else ""
            seen[label] += 1
            yield label + letter


class CourseStyle(UnsrtStyle):
    """The plain style, sorted by author, with author–year labels."""

    default_sorting_style = "author_year_title"
    default_label_style = AuthorYearLabels


def register() -> None:
    """Make the style known to pybtex as ``course``."""
    register_plugin("pybtex.style.formatting", "course", CourseStyle)
