"""SoftLookup under a reader's hand: mouse, finger, keyboard."""

import math

import pytest
import torch
from figures import data, words

import course_attn
from course_attn.widgets import SoftLookup


def shown(page):
    """Weights and output that the figure shows now."""
    now = data(page)
    return now["weights"], now["output"]


def handle(page):
    """The middle of the handle, in the viewport."""
    box = page.locator(".soft-lookup .handle").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_it_opens_with_the_packages_numbers_and_without_a_kernel(open_widget):
    widget = SoftLookup()
    weights, output = shown(open_widget(widget))
    rows = [torch.tensor(r, dtype=torch.float64) for r in ([widget.query], widget.key_vectors, widget.value_vectors)]
    wanted_output, wanted_weights = course_attn.attention(*rows)
    torch.testing.assert_close(torch.tensor([weights], dtype=torch.float64), wanted_weights)
    torch.testing.assert_close(torch.tensor([output], dtype=torch.float64), wanted_output)


def test_dragging_with_the_mouse_moves_scores_weights_output_and_words(open_widget):
    page = open_widget(SoftLookup())
    before, said = shown(page), words(page)
    x, y = handle(page)
    plane = page.locator(".soft-lookup svg").first.bounding_box()
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(plane["x"] + 0.15 * plane["width"], plane["y"] + 0.85 * plane["height"], steps=5)
    page.mouse.up()
    weights, output = shown(page)
    assert max(range(5), key=weights.__getitem__) == 3, "down left is where the house is"
    assert output != before[1]
    assert "“house” best" in words(page) != said
    assert sum(weights) == pytest.approx(1)
    assert handle(page)[0] == pytest.approx(plane["x"] + 0.15 * plane["width"], abs=2), (
        "the handle is under the pointer"
    )


def test_the_query_stays_in_its_plane(open_widget):
    page = open_widget(SoftLookup())
    page.mouse.move(*handle(page))
    page.mouse.down()
    page.mouse.move(2, 2)
    page.mouse.move(1, 1)
    page.mouse.up()
    plane, (x, y) = page.locator(".soft-lookup svg").first.bounding_box(), handle(page)
    assert plane["x"] <= x <= plane["x"] + plane["width"]
    assert plane["y"] <= y <= plane["y"] + plane["height"]


def test_a_finger_drags_the_handle(open_widget):
    page = open_widget(SoftLookup(), width=390, touch=True)
    x, y = handle(page)
    before = shown(page)[0]
    session = page.context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [(x, y)]),
        ("touchMove", [(x - 40, y + 60)]),
        ("touchMove", [(x - 80, y + 120)]),
        ("touchEnd", []),
    ):
        points = [{"x": px, "y": py} for px, py in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    arrived = """([x, y]) => { const box = document.querySelector(".soft-lookup .handle").getBoundingClientRect();
        return Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y) < 2 }"""
    page.wait_for_function(arrived, arg=[x - 80, y + 120], timeout=5000)
    assert shown(page)[0] != before
    assert page.evaluate("scrollY") == 0, "the page does not scroll away under the finger"


def test_arrow_keys_on_the_labelled_sliders_move_the_query(open_widget):
    page = open_widget(SoftLookup())
    slider = page.get_by_role("slider", name="query, made to living")
    before = shown(page)[0]
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    after = shown(page)[0]
    assert after[1] > before[1], "the dog lies further to the right than the query"
    assert after[3] < before[3]
    page.get_by_role("slider", name="query, stays to moves").focus()
    page.keyboard.press("Home")
    assert "“tree” best" in words(page)


def test_temperature_sharpens_flattens_and_knows_root_d(open_widget):
    page = open_widget(SoftLookup(temperature=1.0))
    page.get_by_role("button", name="√d").click()
    assert "√d" in page.locator(".control", has_text="temperature").inner_text()
    slider = page.get_by_role("slider", name="temperature")
    assert float(slider.input_value()) == 0.5, "√2 is a stop of the slider"
    start = max(shown(page)[0])
    slider.focus()
    page.keyboard.press("Home")
    assert max(shown(page)[0]) > max(start, 0.9)
    page.keyboard.press("End")
    assert max(shown(page)[0]) < 0.3
    page.get_by_role("button", name="Reset").click()
    assert float(slider.input_value()) == 0


def test_masks_take_weight_away_and_all_masked_is_zero(open_widget):
    page = open_widget(SoftLookup())
    boxes = page.get_by_role("checkbox")
    bounds, shape = page.locator(".soft-lookup .bounds"), page.locator(".soft-lookup .hull")
    assert "never leaves the shaded shape" in bounds.inner_text()
    assert shape.count() == 1
    page.get_by_role("checkbox", name="cat may be seen").press("Space")
    weights, _ = shown(page)
    assert weights[0] == 0
    assert sum(weights) == pytest.approx(1)
    assert "1 key is masked" in words(page)
    for i in range(1, 5):
        boxes.nth(i).press("Space")
    assert shown(page) == ([0] * 5, [0, 0])
    assert "Every key is masked" in words(page)
    assert shape.count() == 0
    assert "no shape is left, and the diamond stands at 0" in bounds.inner_text()


def test_a_key_at_the_origin_and_one_key_alone(open_widget):
    page = open_widget(SoftLookup([[0.0, 0.0]], [[1.0, 2.0]], ["only"], query=[0.0, 0.0]))
    assert shown(page) == ([1], [1, 2])
    assert "100 %" in words(page)
    assert not math.isnan(handle(page)[0])
