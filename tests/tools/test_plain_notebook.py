"""A chapter's notebook has its text's cells and, marked, those that only a notebook needs."""

from __future__ import annotations

import pytest

from tools import plain_markdown
from tools.notebook_text import KEY, chapters, colab
from tools.plain_notebook import ADDED, plain_cells, text_cells

HEADER = "---\nkernelspec:\n  display_name: Python 3\n  name: python3\n---\n\n"
FIGURE = """\
```{code-cell}
---
mystnb:
  figure:
    caption: Who *sees* whom, by {cite:t}`phuong2022`.
    name: fig-here
---
1
```
"""


@pytest.fixture
def cells(tmp_path, monkeypatch):
    """The notebook's cells of a page with this text."""
    monkeypatch.setattr("tools.plain_notebook.numbers", lambda: {"fig-here": 3})

    def make(text, name="self_attention"):
        page = tmp_path / f"{name}.md"
        page.write_text(HEADER + text, encoding="utf-8")
        return plain_cells(page).cells

    return make


def test_a_caption_stands_below_its_figure_and_its_source_is_listed(cells):
    made = cells("# A\n\n" + FIGURE + "\nText.\n")
    assert [cell.id for cell in made] == ["cell-000", "cell-001", "caption-001", "cell-002", "references"]
    assert made[2].source == "**Fig. 3.** Who *sees* whom, by Phuong and Hutter (2022)."
    assert "Formal algorithms for transformers" in made[-1].source


def test_a_page_with_exercises_ends_in_submit_and_the_next_chapter(cells):
    made = cells("# A\n\n% setup\n\n% exercise: soft_lookup\n")
    assert [cell.id for cell in made][-2:] == ["hand-in", "submit"]
    assert made[-1].source == "from course_attn import submit\n\nsubmit()"
    assert f"[Multi-head attention]({plain_markdown.site()}multi_head_attention.html)" in made[-2].source
    assert f"[in Colab]({colab('multi_head_attention')})" in made[-2].source


def test_the_last_chapter_leads_back(cells):
    made = cells("# A\n\n% exercise: soft_lookup\n", plain_markdown.chapters()[-1])
    assert "This is the last chapter so far." in made[-2].source


def test_before_the_set_up_cell_the_reader_is_told_where_he_is(cells):
    made = cells("# A\n\n% setup\n")
    assert [cell.id for cell in made] == ["cell-000", "opening", "cell-001"]
    assert f"[this page]({plain_markdown.site()}self_attention.html)" in made[1].source
    assert "Save a copy in Drive" in made[1].source


def test_added_cells_and_no_others_are_marked():
    for page in chapters():
        texts = [cell for cell in plain_cells(page).cells if cell.metadata.get(KEY) != ADDED]
        assert [cell.cell_type for cell in texts] == [cell.cell_type for cell in text_cells(page).cells]
        assert all(cell.id.startswith("cell-") for cell in texts)


def test_what_no_notebook_can_show_is_refused(cells):
    with pytest.raises(ValueError, match=r"would be left: \{term\}`mask`"):
        cells("# A\n\n{term}`mask`\n")
