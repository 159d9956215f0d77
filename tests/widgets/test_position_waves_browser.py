"""PositionWaves under a reader's hand: mouse, finger, keyboard."""

import pytest
import torch
from figures import data, words

from course_attn.positional import sinusoidal_encoding
from course_attn.widgets import PositionWaves


def shown(page):
    """The row and the dot products that the figure shows now."""
    now = data(page)
    return now["row"], now["shares"]


def test_it_opens_with_the_packages_numbers_and_without_a_kernel(open_widget):
    row, shares = shown(open_widget(PositionWaves(16, 100.0, 5)))
    table = sinusoidal_encoding(128, 16, 100.0, dtype=torch.float64)
    torch.testing.assert_close(torch.tensor(row, dtype=torch.float64), table[5])
    torch.testing.assert_close(torch.tensor(shares, dtype=torch.float64), table @ table[5] / 8)


def test_a_click_or_a_drag_in_the_table_chooses_the_place(open_widget):
    page = open_widget(PositionWaves())
    box = page.locator(".position-waves svg").first.bounding_box()
    x = box["x"] + box["width"] / 2
    page.mouse.click(x, box["y"] + box["height"] * 8.5 / 260)
    assert "Place 0 " in words(page)
    page.mouse.down()
    page.mouse.move(x, box["y"] + box["height"] * (8 + 214 * 70.5 / 128) / 260, steps=4)
    page.mouse.up()
    assert "Place 70 " in words(page)
    page.mouse.move(x, box["y"] + 5)
    assert "Place 70 " in words(page), "the drag has ended"


def test_a_tap_on_the_curve_chooses_the_place_and_the_peak_moves_there(open_widget):
    page = open_widget(PositionWaves(), width=390, touch=True)
    picture = page.locator(".position-waves svg").nth(2)
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    x = box["x"] + box["width"] * (40 + 214 * 100.5 / 128) / 260
    page.touchscreen.tap(x, box["y"] + box["height"] / 2)
    assert "Place 100 " in words(page)
    _, shares = shown(page)
    assert max(range(128), key=shares.__getitem__) == 100


def test_sliders_answer_to_arrow_keys(open_widget):
    page = open_widget(PositionWaves())
    page.get_by_role("slider", name="place").focus()
    page.keyboard.press("ArrowRight")
    assert "Place 41 is 16 clocks" in words(page)
    page.get_by_role("slider", name="width").focus()
    page.keyboard.press("ArrowLeft")
    assert "Place 41 is 8 clocks" in words(page)
    assert len(shown(page)[0]) == 16
    page.get_by_role("slider", name="base").focus()
    page.keyboard.press("Home")
    assert "can hardly be told apart" in words(page), "with base 1 all clocks are one clock"
    page.get_by_role("button", name="Reset").click()
    assert "Place 40 is 16 clocks" in words(page)


def test_the_table_is_drawn_anew_only_when_its_waves_change(open_widget):
    page = open_widget(PositionWaves())
    picture = page.locator(".position-waves image")
    first = picture.get_attribute("href")
    slider = page.get_by_role("slider", name="place")
    slider.press("ArrowRight")
    assert picture.get_attribute("href") == first
    page.get_by_role("slider", name="base").press("ArrowRight")
    assert picture.get_attribute("href") != first


def test_as_many_clocks_as_pairs_and_their_hands_show_sine_and_cosine(open_widget):
    page = open_widget(PositionWaves(8, 10000.0, 3))
    row, _ = shown(page)
    hands = page.locator(".position-waves .hand").evaluate_all(
        "(all) => all.map((l) => ['x1', 'y1', 'x2', 'y2'].map((n) => Number(l.getAttribute(n))))"
    )
    assert len(hands) == 4
    for i, (x1, y1, x2, y2) in enumerate(hands):
        radius = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        assert (x2 - x1) / radius == pytest.approx(row[2 * i])
        assert (y1 - y2) / radius == pytest.approx(row[2 * i + 1])
