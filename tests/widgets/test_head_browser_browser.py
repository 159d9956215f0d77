"""HeadBrowser under a reader's hand: mouse, keyboard."""

from itertools import pairwise

import torch
from figures import data, words

from course_attn.widgets.head_browser import HeadBrowser

SENTENCES = ("[CLS] the bank raised interest rates while she sat on the bank of the river", "[CLS] i saw a saw")
TOKENS = [sentence.split() for sentence in SENTENCES]
LAYERS, HEADS = 6, 12


def maps():
    generator = torch.Generator().manual_seed(5)
    made = []
    for tokens in TOKENS:
        scores = 3 * torch.randn(LAYERS, HEADS, len(tokens), len(tokens), generator=generator)
        made.append((tokens, scores.softmax(-1)))
    return made


def browser(**options):
    kinds = {"previous": "the token before", "next": "", "same": "", "resting": "", "mixed": ""}
    names = list(kinds)
    classes = [[names[(layer + head) % 5] for head in range(HEADS)] for layer in range(LAYERS)]
    return HeadBrowser(maps(), kinds, classes, torch.full((LAYERS, HEADS), 0.5), **options)


def row(page):
    """The chosen word's weights that the figure shows now."""
    return torch.tensor(data(page)["row"])


def check_row(page, sentence, layer, head, query):
    torch.testing.assert_close(row(page), maps()[sentence][1][layer, head, query], atol=0.5 / 255 + 1e-6, rtol=0)


def test_it_opens_with_the_models_numbers_and_without_a_kernel(open_widget):
    page = open_widget(browser(layer=1, head=2, query=8))
    check_row(page, 0, 1, 2, 8)
    assert words(page).startswith("Layer 2, head 3: a head of the kind “resting”")
    assert "Here “sat” looks at" in words(page)


def test_a_click_picks_a_head_and_a_word(open_widget):
    page = open_widget(browser())
    page.get_by_role("button", name="layer 3, head 10,").click()
    check_row(page, 0, 2, 9, 0)
    page.get_by_role("button", name="interest, word 5").click()
    check_row(page, 0, 2, 9, 4)
    page.locator(".head-browser tbody tr").nth(7).locator("td").nth(3).click()
    check_row(page, 0, 2, 9, 7)
    assert "Here “she”" in words(page)


def test_arrow_keys_move_in_the_grid_and_in_the_map(open_widget):
    page = open_widget(browser(layer=2, head=3, query=4))
    page.get_by_role("button", name="layer 3, head 4,").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    check_row(page, 0, 4, 4, 4)
    page.keyboard.press("End")
    check_row(page, 0, 4, 11, 4)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("layer 5, head 12")
    page.keyboard.press("Tab")
    for key in ("ArrowUp", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
    check_row(page, 0, 4, 11, 3)
    assert page.evaluate("document.activeElement.textContent") == "raised"


def test_one_stop_of_the_tab_key_in_the_grid_and_one_in_the_map(open_widget):
    page = open_widget(browser(head=3))
    assert page.locator(".head-browser button[tabindex='0']").count() == 2
    assert page.locator(".head-browser button[aria-pressed='true']").count() == 2


def test_another_sentence_keeps_the_head_and_finds_a_word(open_widget):
    page = open_widget(browser(layer=3, head=6, query=13))
    page.get_by_role("combobox").select_option("1")
    check_row(page, 1, 3, 6, 4)
    assert page.locator(".head-browser tbody tr").count() == 5
    page.get_by_role("combobox").select_option("0")
    check_row(page, 0, 3, 6, 13)


def test_colours_follow_the_weights(open_widget):
    page = open_widget(browser(query=2))
    shades = page.locator(".head-browser tr.chosen td.cell").evaluate_all(
        """(cells) => cells.map((cell) => getComputedStyle(cell).backgroundColor.match(/[\\d.]+/g).slice(0, 3)
             .reduce((sum, part) => sum + Number(part), 0))"""
    )
    order = row(page).argsort().tolist()
    ranked = [shades[place] for place in order]
    assert all(first >= second - 0.02 for first, second in pairwise(ranked)), "darker is more"
    assert ranked[0] > ranked[-1]
