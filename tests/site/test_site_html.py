"""Every page as it is written: links and anchors resolve, images have words, each page says what it is."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from site_pages import BOOK_PAGES, PAGES, parsed

each_page = pytest.mark.parametrize("address", PAGES)
OUTSIDE = ("http:", "https:", "mailto:", "data:", "javascript:")


def _anchors(address: str) -> set[str]:
    page = parsed(address)
    named = page.find_all("a", attrs={"name": True})
    return {tag["id"] for tag in page.find_all(id=True)} | {tag["name"] for tag in named}


@each_page
def test_internal_links_and_anchors_resolve(site: Path, address: str) -> None:
    broken, checked = [], 0
    for tag in parsed(address).find_all(["a", "link", "script", "img"]):
        target = tag.get("href") or tag.get("src")
        if not target or target.startswith(OUTSIDE):
            continue
        checked += 1
        parts = urlsplit(target)
        path = ((site / address).parent / unquote(parts.path) if parts.path else site / address).resolve()
        if not path.is_file():
            broken.append(f"{target}: no such file")
        elif parts.fragment and path.suffix == ".html":
            page = path.relative_to(site.resolve()).as_posix()
            broken += [] if unquote(parts.fragment) in _anchors(page) else [f"{target}: no such place on the page"]
    assert checked > 20, "a page of the theme has more links than that: the parser saw none"
    assert broken == []


@each_page
def test_every_image_has_alt_text(site: Path, address: str) -> None:
    silent = [str(image)[:160] for image in parsed(address).find_all("img") if not image.get("alt", "").strip()]
    assert silent == []


@each_page
def test_no_figure_is_replaced_by_its_words(site: Path, address: str) -> None:
    assert "Run this cell to see the figure" not in parsed(address).get_text()


@each_page
def test_says_what_it_is(site: Path, address: str) -> None:
    page = parsed(address)
    descriptions = [tag["content"] for tag in page.find_all("meta", attrs={"name": "description"})]
    assert len(descriptions) == 1, "a page has one description: `html_meta` in the header of its source"
    assert 20 <= len(descriptions[0]) <= 200, descriptions[0]
    assert page.title is not None
    assert page.title.get_text(strip=True)
    assert page.html["lang"] == "en"
    assert len(page.find_all("h1")) >= 1


def test_descriptions_and_titles_differ(site: Path) -> None:
    for what in ("title", "description"):
        texts = [
            parsed(page).title.get_text(strip=True)
            if what == "title"
            else parsed(page).find("meta", attrs={"name": "description"})["content"]
            for page in PAGES
        ]
        assert sorted(texts) == sorted(set(texts)), f"two pages share a {what}"


def test_chapters_open_in_colab(site: Path) -> None:
    chapters = [page for page in BOOK_PAGES if (Path("book") / page).with_suffix(".ipynb").is_file()]
    assert chapters
    for page in chapters:
        links = [a["href"] for a in parsed(page).find_all("a", href=True) if "colab.research.google.com" in a["href"]]
        assert any(link.endswith(f"/book/{page.removesuffix('.html')}.ipynb") for link in links), page
