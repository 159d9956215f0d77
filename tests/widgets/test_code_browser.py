"""What every figure does in a browser: it fits, a finger finds its targets, axe finds nothing, it follows the theme."""

from pathlib import Path

import pytest
from figures import CHANGES, MAKERS, ROOT

AXE = Path(__file__).parents[2] / "tools" / "node" / "node_modules" / "axe-core" / "axe.min.js"
FOCUSABLE = ":is(a[href], button, input, select, textarea, summary, [tabindex], [contenteditable])"
each_figure = pytest.mark.parametrize("name", MAKERS)


@each_figure
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_has_targets_for_a_finger_and_axe_finds_nothing(open_widget, lacking, name, width, theme):
    if not AXE.is_file():
        lacking("axe-core must be in tools/node/node_modules: run `make book`")
    page = open_widget(MAKERS[name](), width=width, theme=theme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    figure = page.locator(ROOT)
    targets = figure.locator(":is(input, button, select, .reach)").all()
    assert targets
    for target in targets:
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 24, target.get_attribute("aria-label")
    table = figure.locator("table")
    for outer, inner in [*((svg, svg.locator("text")) for svg in figure.locator("svg").all()), (figure, table)]:
        frame = outer.bounding_box()
        for each in inner.all():
            box = each.bounding_box()
            assert frame["x"] - 1 <= box["x"], each.text_content()
            assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1, each.text_content()
    page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    found = page.evaluate('axe.run(document.querySelector("main > .static-widget"))')
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]] == []


@each_figure
def test_whatever_can_have_the_focus_keeps_its_keys_in_jupyterlab(open_widget, name):
    """What that does is tried in test_code_jupyterlab.py; it must be said of the control itself, not of the figure."""
    controls = open_widget(MAKERS[name]()).locator(ROOT).locator(FOCUSABLE)
    assert controls.count() > 0
    without = "all => all.filter(e => e.dataset.lmSuppressShortcuts !== 'true').map(e => e.outerHTML)"
    assert controls.evaluate_all(without) == []


@each_figure
@pytest.mark.parametrize("page_says", [True, False], ids=["theme of the page", "theme of the system"])
def test_the_dark_theme_changes_the_ink(open_widget, name, page_says):
    pages = [open_widget(MAKERS[name](), theme=theme, page_says=page_says) for theme in ("light", "dark")]
    inks = [page.locator(ROOT).evaluate("(e) => getComputedStyle(e).color") for page in pages]
    assert inks == ["rgb(31, 39, 48)", "rgb(232, 234, 237)"]


def test_a_light_page_stays_light_on_a_dark_system(open_widget):
    page = open_widget(MAKERS["key_match"](), theme="dark")
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert page.locator(ROOT).evaluate("(e) => getComputedStyle(e).color") == "rgb(31, 39, 48)"


@each_figure
def test_two_views_move_together_and_a_closed_one_listens_no_more(open_widget, name):
    page = open_widget(MAKERS[name]())
    both, after = page.evaluate(
        """async ([trait, first, second, shown]) => {
        const text = document.querySelector('script[type*="widget-state"]').textContent;
        const state = Object.values(JSON.parse(text).state)[0].state, calls = new Map();
        const module = await import(URL.createObjectURL(new Blob([state._esm], { type: "text/javascript" })));
        const model = { get: (k) => state[k], save_changes() {},
          set(k, v) { state[k] = v; (calls.get("change:" + k) ?? []).forEach((f) => f()); },
          on: (n, f) => calls.set(n, [...(calls.get(n) ?? []), f]),
          off: (n, f) => calls.set(n, calls.get(n).filter((g) => g !== f)) };
        const boxes = [0, 1].map(() => document.body.appendChild(document.createElement("div")));
        const ends = boxes.map((el) => module.default.render({ model, el }));
        const now = () => boxes.map((el) => el.firstChild.dataset[shown]);
        model.set(trait, first);
        const both = now();
        ends[1]();
        model.set(trait, second);
        return [both, now()];
    }""",
        CHANGES[name],
    )
    assert both[0] == both[1]
    assert after[0] != after[1] == both[1]
