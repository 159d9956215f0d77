"""SentenceAttention under a reader's hand: pointer and keyboard."""

import torch
from figures import data, words

from course_attn.widgets import SentenceAttention

SENTENCE = "[CLS] the law will never be perfect , but its application should be just . [SEP]"
TOKENS = SENTENCE.split()


def maps_of(tokens, layers=2, heads=3):
    """Random weights; only in layer 2, head 3 every token looks at token 2 and nowhere else."""
    scores = torch.randn(layers, heads, len(tokens), len(tokens), generator=torch.Generator().manual_seed(17))
    weights = scores.softmax(-1)
    weights[1, 2] = 0.0
    weights[1, 2, :, 2] = 1.0
    return weights


def figure():
    second = ["[CLS]", "i", "saw", "a", "saw", ".", "[SEP]"]
    return SentenceAttention([(TOKENS, maps_of(TOKENS)), (second, maps_of(second))], word=9)


def shown(page):
    return data(page)["weights"]


def test_it_opens_on_the_mean_of_all_heads_without_marks(open_widget):
    weights = shown(open_widget(figure()))
    wanted = maps_of(TOKENS).mean((0, 1))[9]
    wanted[[0, 15]] = 0
    torch.testing.assert_close(torch.tensor(weights), wanted / wanted.sum(), atol=0.01, rtol=0)


def test_picking_a_word_a_head_and_marks(open_widget):
    page = open_widget(figure())
    page.get_by_role("button", name="perfect").click()
    assert "“perfect” gives" in words(page)
    assert page.get_by_role("button", name="perfect").get_attribute("aria-pressed") == "true"
    page.locator("label.layer select").select_option("2")
    page.locator("label.head select").select_option("3")
    assert words(page) == "In layer 2, head 3, “perfect” gives 100\u00a0% to “law”."
    page.locator("label.layer select").select_option("1")
    before = shown(page)
    page.get_by_role("checkbox").uncheck()
    assert before[0] == 0 < shown(page)[0], "now the marks count"


def test_the_sharpest_head_is_found(open_widget):
    page = open_widget(figure())
    page.get_by_role("button", name="Find this word’s sharpest head").click()
    assert words(page) == "In layer 2, head 3, “its” gives 100\u00a0% to “law”."
    assert page.locator("label.head select").input_value() == "2"


def test_arrow_keys_walk_along_the_sentence_with_one_stop_for_tab(open_widget):
    page = open_widget(figure())
    page.locator(".token[aria-pressed=true]").focus()
    page.keyboard.press("ArrowRight")
    assert "“application” gives" in words(page)
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert "“[SEP]” gives" in words(page)
    page.keyboard.press("Home")
    assert "“[CLS]” gives" in words(page)
    assert page.locator(".token[tabindex='0']").count() == 1


def test_a_shorter_sentence_shows_its_last_word(open_widget):
    page = open_widget(figure())
    page.locator("label.sentence select").select_option("i saw a saw.")
    assert page.locator(".token").count() == 7
    assert "“[SEP]” gives" in words(page)
    assert len(shown(page)) == 7
