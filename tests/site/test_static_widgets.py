"""The loader of saved widgets: what it draws, and what it says when it cannot."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator
from site_pages import ROOT
from site_server import Server
from site_visit import drag_finger

LOADER = (ROOT / "book" / "assets" / "static-widgets.js").read_text(encoding="utf-8")
CHANGED = "([element, old]) => element.textContent !== old"
COUNTER = """export default () => ({ render({ model, el }) {
  const button = document.createElement("button");
  const show = () => { button.textContent = `${model.get("count")} of ${model.get("bytes")?.byteLength ?? 0} bytes`; };
  button.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
  model.on("change:count", show);
  show(); el.append(button);
} });"""


def _saved(esm: str, **more: object) -> dict[str, object]:
    state = {"_esm": esm, "_css": "button { color: rgb(1, 2, 3) }", "count": 0}
    return {"model_module": "anywidget", "state": state, **more}


def _page(models: dict[str, object], views: list[str]) -> str:
    def script(kind: str, content: object) -> str:
        return f'<script type="application/vnd.jupyter.widget-{kind}+json">{json.dumps(content)}</script>'

    drawn = "".join(f"<p>{script('view', {'model_id': view})}</p>" for view in views)
    return f"<!doctype html><title>t</title>{script('state', {'state': models})}{drawn}<script>{LOADER}</script>"


@pytest.fixture
def draw(browser: Browser) -> Iterator[Callable[..., Locator]]:
    page = browser.new_page()

    def drawn(models: dict[str, object], views: list[str]) -> Locator:
        html = _page(models, views)
        page.route("http://widgets.test/", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto("http://widgets.test/")
        return page.locator("body")

    yield drawn
    page.close()


def test_two_views_share_one_model_and_its_bytes(draw: Callable[..., Locator]) -> None:
    buffers = [{"path": ["bytes"], "encoding": "base64", "data": base64.b64encode(bytes(7)).decode()}]
    body = draw({"a": _saved(COUNTER, buffers=buffers)}, ["a", "a"])
    body.locator("button").nth(1).click()
    body.locator("button").nth(1).click()
    assert body.locator("button").all_inner_texts() == ["2 of 7 bytes"] * 2
    assert body.locator("button").first.evaluate("e => getComputedStyle(e).color") == "rgb(1, 2, 3)"


def test_a_widget_that_fails_says_so_and_leaves_the_others_alone(draw: Callable[..., Locator]) -> None:
    broken = _saved("export default { render() { throw new Error('no'); } };")
    unreadable = _saved("export default {{{")
    body = draw({"a": broken, "b": unreadable, "c": _saved(COUNTER)}, ["a", "b", "c"])
    body.locator("button").wait_for()
    notes = body.locator(".widget-note").all_inner_texts()
    assert len(notes) == 2
    assert all(note.startswith("This figure could not be drawn.") for note in notes)


def test_a_widget_of_python_and_a_lost_one_need_a_kernel(draw: Callable[..., Locator]) -> None:
    body = draw({"a": {"model_module": "@jupyter-widgets/controls", "state": {}}}, ["a", "lost"])
    body.locator(".widget-note").nth(1).wait_for()
    assert all("needs a running kernel" in note for note in body.locator(".widget-note").all_inner_texts())


def test_nothing_on_the_page_is_left_undrawn(browser: Browser, server: Server) -> None:
    page = browser.new_page()
    page.goto(server.base + "attention.html", wait_until="networkidle")
    views = page.locator('script[type="application/vnd.jupyter.widget-view+json"]').count()
    assert views >= 1
    assert page.locator(".static-widget > *").count() >= views
    assert page.locator(".widget-note").count() == 0
    page.close()


def test_the_soft_lookup_answers_to_keys(browser: Browser, server: Server) -> None:
    page = browser.new_page()
    page.goto(server.base + "attention.html", wait_until="networkidle")
    figure = page.locator(".soft-lookup").first
    words = figure.locator("[role=status]")
    seen = [words.inner_text()]
    for index in range(figure.locator("input[type=range]").count()):
        slider = figure.locator("input[type=range]").nth(index)
        slider.focus()
        for _ in range(12):
            page.keyboard.press("ArrowRight")
        page.wait_for_function(CHANGED, arg=[words.element_handle(), seen[-1]], timeout=5000)
        seen.append(words.inner_text())
    assert len(seen) >= 4
    boxes = figure.locator("input[type=checkbox]")
    for index in range(boxes.count()):
        boxes.nth(index).focus()
        page.keyboard.press("Space")
    assert "Every key is masked" in words.inner_text()
    page.close()


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_soft_lookup_answers_to_the_pointer(browser: Browser, server: Server, touch: bool) -> None:
    context = browser.new_context(has_touch=touch, viewport={"width": 390 if touch else 1280, "height": 900})
    page = context.new_page()
    page.goto(server.base + "attention.html", wait_until="networkidle")
    figure = page.locator(".soft-lookup").first
    figure.locator("svg.draggable").scroll_into_view_if_needed()
    words = figure.locator("[role=status]")
    before = words.inner_text()
    box = figure.locator("circle.handle").bounding_box()
    plane = figure.locator("svg.draggable").bounding_box()
    assert box is not None
    assert plane is not None
    start = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    end = (plane["x"] + 0.2 * plane["width"], plane["y"] + 0.8 * plane["height"])
    if touch:
        drag_finger(page, start, end)
    else:
        page.mouse.move(*start)
        page.mouse.down()
        page.mouse.move(*end, steps=8)
        page.mouse.up()
    page.wait_for_function(CHANGED, arg=[words.element_handle(), before], timeout=5000)
    assert "house" in words.inner_text()
    context.close()
