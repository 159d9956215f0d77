"""ReceptiveField under a reader's hand: mouse, finger, keyboard."""

import torch
from figures import data, words

from course_attn.widgets import ReceptiveField


def shown(page):
    """Paths down and across that the figure shows now."""
    now = data(page)
    return now["rows"], now["columns"]


def middle_of(box, row, column):
    """The middle of a pixel, in the viewport."""
    return box["x"] + box["width"] * (column + 1.1) / 33.2, box["y"] + box["height"] * (row + 1.1) / 33.2


def test_it_opens_with_seven_by_seven_and_without_a_kernel(open_widget):
    rows, columns = shown(open_widget(ReceptiveField()))
    assert rows == columns == [0] * 13 + [1, 3, 6, 7, 6, 3, 1] + [0] * 12


def test_a_click_and_a_drag_choose_the_pixel(open_widget):
    page = open_widget(ReceptiveField())
    box = page.locator(".receptive-field svg").first.bounding_box()
    page.mouse.click(*middle_of(box, 4, 20))
    assert "row 4, column 20" in words(page)
    page.mouse.move(*middle_of(box, 4, 20))
    page.mouse.down()
    page.mouse.move(*middle_of(box, 30, 0), steps=4)
    page.mouse.up()
    assert "row 30, column 0 " in words(page)
    assert "5 × 4 = 20 of 1024" in words(page), "the field ends at the border"
    page.mouse.move(*middle_of(box, 9, 9))
    assert "row 30, column 0 " in words(page), "the drag has ended"


def test_a_tap_on_the_other_picture_chooses_too(open_widget):
    page = open_widget(ReceptiveField(), width=390, touch=True)
    picture = page.locator(".receptive-field svg").nth(1)
    picture.scroll_into_view_if_needed()
    page.touchscreen.tap(*middle_of(picture.bounding_box(), 10, 12))
    assert "row 10, column 12 " in words(page)


def test_sliders_answer_to_arrow_keys(open_widget):
    page = open_widget(ReceptiveField())
    page.get_by_role("slider", name="kernel").focus()
    page.keyboard.press("ArrowRight")
    assert "3 layers of 5 × 5: " in words(page)
    assert "13 × 13" in words(page)
    page.get_by_role("slider", name="depth").press("ArrowLeft")
    assert "2 layers of 5 × 5: " in words(page)
    page.get_by_role("slider", name="stride").press("ArrowRight")
    assert "2 layers of 5 × 5 with stride 2" in words(page)
    assert "13 × 13" in words(page)
    page.get_by_role("slider", name="row").press("Home")
    assert "row 0, " in words(page)
    page.get_by_role("slider", name="column").press("End")
    assert "column 31 " in words(page)
    page.get_by_role("button", name="Reset").click()
    assert "3 layers of 3 × 3: from row 16, column 16 " in words(page)


def test_the_frame_goes_round_what_is_seen(open_widget):
    page = open_widget(ReceptiveField(kernel=3, depth=2, row=0, column=10))
    frames = page.locator(".receptive-field .field").evaluate_all(
        "(all) => all.map((r) => ['x', 'y', 'width', 'height'].map((n) => Number(r.getAttribute(n))))"
    )
    assert frames == [[8, 0, 5, 3], [0, 0, 32, 32]]


def test_the_picture_is_the_one_that_was_given(open_widget):
    picture = torch.zeros(32, 32)
    picture[3, 5] = 1
    page = open_widget(ReceptiveField(picture=picture))
    pixels = page.evaluate(
        """async () => { const image = new Image();
        image.src = document.querySelector(".receptive-field image").getAttribute("href"); await image.decode();
        const canvas = new OffscreenCanvas(32, 32), context = canvas.getContext("2d"); context.drawImage(image, 0, 0);
        const data = context.getImageData(0, 0, 32, 32).data;
        return [...data.keys()].filter((i) => i % 4 === 0 && data[i] > 0).map((i) => i / 4); }"""
    )
    assert pixels == [3 * 32 + 5]
