"""PatchAttention under a reader's hand: mouse, finger, keyboard."""

import torch
from figures import data, words

from course_attn.widgets import PatchAttention

ROWS, COLUMNS = 3, 5
WEIGHTS = (3 * torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))).softmax(-1)


def widget():
    return PatchAttention(torch.rand(3, 12, 20), WEIGHTS, (ROWS, COLUMNS), {"eye": (1, 2), "nose": (2, 4)}, layer=1)


def shown(page):
    return torch.tensor(data(page)["row"])


def close(got, wanted):
    torch.testing.assert_close(got, wanted, atol=float(wanted.max()) / 30 + 1e-4, rtol=0)


def middle_of(box, row, column):
    return box["x"] + box["width"] * (column + 0.5) / COLUMNS, box["y"] + box["height"] * (row + 0.5) / ROWS


def test_it_opens_at_the_class_token_and_without_a_kernel(open_widget):
    page = open_widget(widget())
    assert words(page).startswith("Layer 2, head 1: of the attention of the class token, ")
    close(shown(page), WEIGHTS[1, 0, 0])
    assert not page.locator(".patch-attention rect.mark").first.is_visible(), "the class token stands nowhere"


def test_a_click_a_drag_and_a_button_choose(open_widget):
    page = open_widget(widget())
    box = page.locator(".patch-attention svg").first.bounding_box()
    page.mouse.click(*middle_of(box, 2, 1))
    assert "the patch at row 2, column 1," in words(page)
    close(shown(page), WEIGHTS[1, 0, 1 + 2 * COLUMNS + 1])
    page.mouse.down()
    page.mouse.move(*middle_of(box, 0, 4), steps=3)
    page.mouse.up()
    assert "the patch at row 0, column 4," in words(page)
    button = page.get_by_role("button", name="eye")
    button.click()
    assert "the patch at row 1, column 2 (eye)," in words(page)
    assert button.get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="class token").click()
    assert "of the class token" in words(page)
    assert button.get_attribute("aria-pressed") == "false"


def test_a_tap_on_the_map_chooses_too(open_widget):
    page = open_widget(widget(), width=390, touch=True)
    picture = page.locator(".patch-attention svg").nth(1)
    picture.scroll_into_view_if_needed()
    page.touchscreen.tap(*middle_of(picture.bounding_box(), 1, 3))
    assert "row 1, column 3," in words(page)


def test_sliders_answer_to_arrow_keys(open_widget):
    page = open_widget(widget())
    page.get_by_role("slider", name="layer").press("ArrowLeft")
    page.get_by_role("slider", name="head").press("End")
    assert words(page).startswith("Layer 1, head 3:")
    page.get_by_role("slider", name="row").press("ArrowRight")  # from the class token to the corner, one down
    assert "row 1, column 0," in words(page)
    page.get_by_role("slider", name="column").press("End")
    assert "row 1, column 4," in words(page)
    close(shown(page), WEIGHTS[0, 2, 1 + COLUMNS + 4])


def test_the_ring_goes_to_the_patch_that_gets_most(open_widget):
    page = open_widget(widget())
    ring = page.locator(".patch-attention circle.mark").first
    best = int(shown(page)[1:].argmax())
    assert [float(ring.get_attribute(name)) for name in ("cy", "cx")] == [best // COLUMNS + 0.5, best % COLUMNS + 0.5]
