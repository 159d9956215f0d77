"""What only the site understands is written out in a notebook, or refused."""

from __future__ import annotations

import pytest

from tools import plain_markdown
from tools.plain_markdown import Plain, chapters, numbers, site


def test_citations_become_names_and_years():
    plain = Plain()
    assert plain.text("As said {cite:p}`vaswani2017`, by {cite:t}`phuong2022,nadaraya1964`.") == (
        "As said (Vaswani et al., 2017), by Phuong and Hutter (2022), Nadaraya (1964)."
    )
    assert plain.text("{cite:p}`nadaraya1964,jain2019`") == "(Nadaraya, 1964; Jain and Wallace, 2019)"
    assert plain.cited == {"vaswani2017", "phuong2022", "nadaraya1964", "jain2019"}


def test_what_was_cited_is_listed_by_author_with_its_address():
    plain = Plain()
    plain.text("{cite:p}`vaswani2017` {cite:p}`rabe2021` {cite:p}`vaswani2017`")
    first, second = plain.references().splitlines()
    assert first == (
        "- Markus N. Rabe and Charles Staats. Self-attention does not need $O(n^2)$ memory. 2021. "
        "[arXiv:2112.05682](https://arxiv.org/abs/2112.05682)."
    )
    assert second.startswith("- Ashish Vaswani, Noam Shazeer, ")


def test_equations_and_figures_have_the_books_numbers(monkeypatch):
    monkeypatch.setattr(plain_markdown, "numbers", lambda: {"eq-a": 7, "fig-b": 12})
    text = Plain().text("$$\na = b\n$$ (eq-a)\n\nBy {eq}`eq-a` and {numref}`fig-b`, done.\n")
    assert text == "$$\na = b\n\\tag{7}\n$$\n\nBy (7) and Fig. 12, done.\n"


def test_numbers_run_through_the_book():
    labels = numbers()
    assert chapters()[:2] == ("attention", "self_attention")
    assert labels["eq-lookup"] == labels["fig-attention-example"] == 1
    equations = [number for label, number in labels.items() if label.startswith("eq-")]
    assert equations == list(range(1, len(equations) + 1))


def test_a_note_becomes_a_quotation():
    note = ":::{admonition} Is *X* split?\n:class: check-the-notes\n\nOne set (`001`)\nsays so.\n\nIt is not.\n:::\n"
    assert Plain().text(f"Before.\n\n{note}\nAfter.\n") == (
        "Before.\n\n> **Check the notes: Is *X* split?**\n>\n> One set (`001`)\n> says so.\n>\n> It is not.\n\nAfter.\n"
    )


def test_two_notes_stay_two():
    note = ":::{admonition} Title\n:class: check-the-notes\n\nText.\n:::\n"
    assert Plain().text(f"{note}\nBetween.\n\n{note}").count("\n>\n> Text.\n") == 2


def test_targets_go_and_links_lead_to_the_site():
    text = Plain().text("(why-so)=\n## Why so\n\n[a](self_attention.ipynb), [b](glossary.md#mask), [c](https://x.y).\n")
    assert text == f"## Why so\n\n[a]({site()}self_attention.html), [b]({site()}glossary.html#mask), [c](https://x.y).\n"


@pytest.mark.parametrize("formula", ["$O(n)$", "$$a$$", "`{x}`", "a {set} of `b`", "1 : 2 ::: 3", "*(eq-a)*"])
def test_what_is_no_myst_is_left_alone(formula):
    assert Plain().text(formula) == formula


@pytest.mark.parametrize(
    "text",
    [
        "{term}`mask` hides",
        "a\n\n:::{note}\nb\n:::\n",
        "{doc}`glossary`",
        "% setup of old",
        ":::{admonition} Never closed\n:class: tip\n\ntext\n",
        "```{figure} x.png\n```",
        "$$\na\n$$ (eq a)",
    ],
)
def test_myst_that_it_does_not_know_is_refused(text):
    with pytest.raises(ValueError, match="notebooks are read without MyST, and this would be left: "):
        Plain().text(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{eq}`eq-none`", "eq-none is the label of no equation and no captioned figure of a chapter"),
        ("{numref}`fig-none`", "fig-none is the label of no equation"),
        ("$$\na\n$$ (eq-none)", "eq-none is the label of no equation"),
        ("{cite:p}`nobody2030`", r"nobody2030 is cited and does not stand in references\.bib"),
    ],
)
def test_an_unknown_name_is_told(text, message):
    with pytest.raises(ValueError, match=message):
        Plain().text(text)
