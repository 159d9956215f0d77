"""KeyMatch under a reader's hand: mouse, finger, keyboard."""

import torch
from figures import data, words

from course_attn.widgets import KeyMatch

PRESETS = {"left eye": (2, 1), "nose": (4, 6)}


def widget():
    """Patches of 5 by 13 whose keys point round a circle, so that neighbours in a row are alike."""
    turn = torch.linspace(0, 3.1, 13)[None].expand(5, 13) + torch.linspace(0, 0.1, 5)[:, None]
    return KeyMatch(torch.rand(3, 20, 52), torch.stack([turn.cos(), turn.sin()], dim=-1), PRESETS)


def shown(page):
    return data(page)["cosines"]


def middle_of(box, row, column):
    return box["x"] + box["width"] * (column + 0.5) / 13, box["y"] + box["height"] * (row + 0.5) / 5


def test_it_opens_at_the_first_preset_and_without_a_kernel(open_widget):
    page = open_widget(widget())
    assert words(page).startswith("The key of row 2, column 1 (left eye): more than 4 patches away, row ")
    assert len(shown(page)) == 65
    assert shown(page)[2 * 13 + 1] == 1


def test_a_click_a_drag_and_a_button_choose(open_widget):
    page = open_widget(widget())
    box = page.locator(".key-match svg").first.bounding_box()
    page.mouse.click(*middle_of(box, 3, 9))
    assert "row 3, column 9:" in words(page)
    page.mouse.down()
    page.mouse.move(*middle_of(box, 0, 12), steps=3)
    page.mouse.up()
    assert "row 0, column 12:" in words(page)
    page.get_by_role("button", name="nose").click()
    assert "row 4, column 6 (nose):" in words(page)


def test_a_tap_on_the_map_chooses_too(open_widget):
    page = open_widget(widget(), width=390, touch=True)
    picture = page.locator(".key-match svg").nth(1)
    picture.scroll_into_view_if_needed()
    page.touchscreen.tap(*middle_of(picture.bounding_box(), 1, 11))
    assert "row 1, column 11:" in words(page)


def test_sliders_answer_to_arrow_keys(open_widget):
    page = open_widget(widget())
    page.get_by_role("slider", name="row").press("ArrowRight")
    assert "row 3, column 1:" in words(page)
    page.get_by_role("slider", name="column").press("End")
    assert "row 3, column 12:" in words(page)


def test_the_ring_goes_to_the_best_match(open_widget):
    page = open_widget(widget())
    ring = page.locator(".key-match circle.mark").first
    place = [float(ring.get_attribute(name)) for name in ("cy", "cx")]
    values = shown(page)
    far = {i: v for i, v in enumerate(values) if max(abs(i // 13 - 2), abs(i % 13 - 1)) > 4}
    best = max(far, key=far.get)
    assert place == [best // 13 + 0.5, best % 13 + 0.5]
