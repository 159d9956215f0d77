"""The glossary: both languages in every row, no term twice, in order, and Chinese marked as Chinese."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
GLOSSARY = (BOOK / "glossary.md").read_text(encoding="utf-8")
CHINESE = re.compile(r"[\u3400-\u9fff]+")
MARKED = re.compile(r'<span lang="zh">([^<]+)</span>(\\\*)?')


def themes() -> dict[str, list[list[str]]]:
    """Rows of each theme's table: English, Chinese, meaning."""
    parts = re.split(r"^## ", GLOSSARY, flags=re.MULTILINE)[1:]
    found = {}
    for part in parts:
        theme, *lines = part.splitlines()
        rows = [line.strip("|").split("|") for line in lines if line.startswith("|")]
        found[theme] = [[cell.strip() for cell in row] for row in rows[2:]]
    return found


ROWS = [row for rows in themes().values() for row in rows]


def test_there_are_at_least_sixty_terms():
    assert len(ROWS) >= 60


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_has_both_languages_and_a_short_meaning(row):
    english, chinese, meaning = row
    assert english
    assert not CHINESE.search(english)
    assert MARKED.search(chinese) or english in {"token"}
    assert meaning.endswith(".")
    assert 15 <= len(meaning) <= 180
    assert not meaning.lower().startswith(f"{english.lower()} ")


def test_no_term_stands_twice():
    english = [row[0].lower() for row in ROWS]
    chinese = [term for row in ROWS for term, _ in MARKED.findall(row[1])]
    for terms in (english, chinese):
        assert not {term for term in terms if terms.count(term) > 1}


@pytest.mark.parametrize("theme", themes())
def test_a_theme_is_in_alphabetical_order(theme):
    english = [row[0].lower() for row in themes()[theme]]
    assert english == sorted(english)


@pytest.mark.parametrize("name", ["intro", "notation", "glossary", "instructors", "status"])
def test_chinese_is_marked_as_chinese(name):
    text = (BOOK / f"{name}.md").read_text(encoding="utf-8")
    unmarked = CHINESE.search(re.sub(r'<span lang="zh">[^<]*</span>', "", text))
    assert not unmarked, f"{name}.md: {unmarked.group()} must stand in <span lang=...>, to be read out right"
