"""What must be changed in a page's HTML for axe-core and for readers with a keyboard or a screen reader.

Each mend names the rule that it answers to. None changes what the page says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bs4 import BeautifulSoup, NavigableString
from docutils import nodes
from sphinx.application import Sphinx

CLINGS_BEFORE = re.compile(r"[(\[“‘]+$")
CLINGS_AFTER = re.compile(r"^[)\]”’.,;:!?%-]+")


def on_page(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Mend the body and the table of contents of one page just before it is written."""
    if context.get("body"):
        context["body"] = mended(context["body"], MENDS)
    sidebar = context.get("generate_toctree_html")
    if sidebar is not None:
        # The theme gives a tree of the HTML parser for some arguments and text for others; the template prints either.
        context["generate_toctree_html"] = lambda *args, **kwargs: mended(str(sidebar(*args, **kwargs)), [name_toggles])
    context["metatags"] = context.get("metatags", "") + description(context, page)


def mended(html: str, mends: list[Callable[[BeautifulSoup], None]]) -> str:
    """Apply ``mends`` to a piece of HTML."""
    soup = BeautifulSoup(html, "html.parser")
    for mend in mends:
        mend(soup)
    return soup.decode(formatter="minimal")


def description(context: dict[str, Any], page: str) -> str:
    """A meta description for the pages that Sphinx itself writes; a page of the book brings its own."""
    if 'name="description"' in context.get("metatags", ""):
        return ""
    known = {
        "genindex": "Every module, class and function of course_attn, in alphabetical order.",
        "py-modindex": "The modules of course_attn, in alphabetical order.",
        "search": "Search the pages of the book.",
    }
    if page.startswith("_modules/"):
        known[page] = f"Source code of {page.removeprefix('_modules/').replace('/', '.')}."
    text = known.get(page)
    return f'\n<meta name="description" content="{text}">' if text else ""


def list_citations(soup: BeautifulSoup) -> None:
    """Docutils writes ``role="doc-biblioentry"`` (deprecated) on ``div``: make the bibliography a plain list."""
    for box in soup.select("div.citation-list"):
        for entry in box.find_all("div", class_="citation", recursive=False):
            entry.name = "li"
            entry.attrs.pop("role", None)
        box.name = "ul"
        box.attrs.pop("role", None)
        for stray in box.find_all(["a", "span"], recursive=False):  # targets between two entries
            following = stray.find_next_sibling("li")
            if following is not None:
                following.insert(0, stray.extract())


def name_empty_corners(soup: BeautifulSoup) -> None:
    """``empty-table-header``: the empty corner of a table heads nothing, so it is an ordinary cell."""
    for cell in soup.find_all("th"):
        if not cell.get_text(strip=True) and cell.find(["img", "svg"]) is None:
            cell.name = "td"


def plain_signatures(soup: BeautifulSoup) -> None:
    """``definition-list``: Sphinx writes a long signature as a ``dl`` of ``dd`` alone, but its lines are no list."""
    for holder in soup.select("dt.sig > dl"):
        for line in holder.find_all("dd", recursive=False):
            line.name, line["class"] = "span", "sig-line"
        holder.name, holder["class"] = "span", "sig-lines"


def keep_punctuation(soup: BeautifulSoup) -> None:
    """A line must not break between a formula and the full stop or bracket beside it."""
    for formula in soup.select("span.math"):
        before, after = formula.previous_sibling, formula.next_sibling
        opening = CLINGS_BEFORE.search(before) if type(before) is NavigableString else None
        closing = CLINGS_AFTER.match(after) if type(after) is NavigableString else None
        if not opening and not closing:
            continue
        kept = formula.wrap(soup.new_tag("span", attrs={"class": "keep"}))
        if opening:
            kept.insert(0, opening[0])
            before.replace_with(before[: opening.start()])
        if closing:
            kept.append(closing[0])
            after.replace_with(after[closing.end() :])


def card_figures(soup: BeautifulSoup) -> None:
    """A box around each figure of a cell: on a phone the figure scrolls inside it and its words stay readable."""
    for image in soup.select("div.cell_output img"):
        outer = image.parent if image.parent.name == "a" else image
        outer.wrap(soup.new_tag("div", attrs={"class": "figure-card"}))


def unname_hidden_cells(soup: BeautifulSoup) -> None:
    """``label-content-name-mismatch``: "Show code cell source" says more than the aria-label put over it."""
    for summary in soup.select("details.hide > summary[aria-label]"):
        del summary["aria-label"]


def name_toggles(soup: BeautifulSoup) -> None:
    """``summary-name``: the arrow beside a part of the sidebar needs a name."""
    for summary in soup.select("li > details > summary"):
        link = summary.find_parent("li").find("a")
        if link is not None and not summary.get_text(strip=True):
            summary["aria-label"] = f"Pages under {link.get_text(strip=True)}"


MENDS: list[Callable[[BeautifulSoup], None]] = [
    list_citations,
    name_empty_corners,
    plain_signatures,
    keep_punctuation,
    card_figures,
    unname_hidden_cells,
]
