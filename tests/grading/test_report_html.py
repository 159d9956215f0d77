"""The report of a notebook cell: the text's words, sound HTML, nothing said by colour alone."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from course_attn.grading import catalogue, loading, report, report_html, runner

EXERCISE = catalogue.find("scaled_dot_scores")
PLANTED = sorted((Path(__file__).parents[1] / "exercises" / EXERCISE.chapter / EXERCISE.name).glob("*.py"))


class Reader(HTMLParser):
    """Tags must close in order; keeps the words."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.tags = [], "", set()

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.tags.add(tag)
        self.text += "" if tag in ("code", "strong", "span") else "\n"

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    @property
    def words(self):
        return self.text.split()


def read(found):
    reader = Reader()
    reader.feed(found)
    reader.close()
    assert reader.open == []
    return reader


def found_for(function):
    return runner.run(EXERCISE, function)


@pytest.mark.parametrize("path", PLANTED, ids=lambda path: path.stem)
def test_says_what_the_text_says(path):
    found = runner.run(EXERCISE, loading.load(path, EXERCISE.name))
    reader = read(report_html.as_html(found))
    said = " ".join(reader.words)
    assert reader.tags <= {"div", "p", "strong", "pre", "code", "details", "summary", "ul", "li", "span"}
    head, *rest = report.as_text(found).splitlines()
    for line in rest:
        if not line.startswith("Stuck?"):
            assert all(word.replace("`", "") in said for word in line.split()), line
    assert ("passed, all 5 checks." in said) == ("passed, all" in head) == found.passed
    assert ("not yet" in said) != found.passed


def test_states_are_words_not_colours():
    whole = report_html.as_html(found_for(lambda query, key: query @ key.mT))
    said = " ".join(read(whole).words)
    assert "Two queries, three keys of width 4, worked by hand (failed)" in said
    assert said.count("(not run)") == 4
    colours = re.findall(r"(?<![-\w])color:([^;\"]+)", whole)
    assert set(colours) == {"inherit"}, "text keeps the theme's colour"
    assert "background:#" not in whole
    assert 'aria-label="Check of scaled_dot_scores: not yet"' in whole


def test_hints_lie_in_one_another():
    whole = report_html.as_html(found_for(lambda query, key: query @ key.mT))
    hint = whole[whole.index("Hint 1") :]
    assert hint.index("Hint 1") < hint.index("Hint 2") < hint.index("Hint 3") < hint.index("</details>")
    assert whole.count("<details") == 4


def test_markup_of_the_answer_is_shown_not_obeyed():
    def answer(query, key):
        print("<script>alert(1)</script>")
        raise ValueError("<b>no</b>")

    whole = report_html.as_html(found_for(answer))
    assert "<script" not in whole
    assert "<b>" not in whole
    assert "&lt;script&gt;alert(1)" in whole


def test_long_printing_is_cut():
    def answer(query, key):
        print("x" * 1000 + "\nx" * 50)
        return query

    words = read(report_html.as_html(found_for(answer))).words
    assert max(map(len, words)) <= report.WIDTH
    assert words.count("x") < report.MAX_LINES


def test_not_attempted_and_unusable():
    def answer(query, key):
        raise NotImplementedError

    assert "not attempted yet" in " ".join(read(report_html.as_html(found_for(answer))).words)
    whole = report_html.as_html(found_for(lambda query: query))
    assert "the function must take (query, key), got (query)" in " ".join(read(whole).words)
