"""The figures in a real JupyterLab, whose own shortcuts are arrow keys and letters: keys stay with what has the focus.

A control left to Lab loses its keys: Lab's shortcuts of command mode are for whatever has the focus in the notebook,
``.jp-Notebook.jp-mod-commandMode … :focus`` (seen in 4.6.6). They walk to another cell, fold the section, or cut it.
"""

from __future__ import annotations

import importlib.util

import pytest
from figures import MAKERS, ROOT
from lab import TOKEN, running_lab, write_notebook

each_figure = pytest.mark.parametrize("name", MAKERS)
NEXT = {"range": "ArrowRight", "select-one": "ArrowDown", "checkbox": "Space"}
BACK = {"range": "ArrowLeft", "select-one": "ArrowUp", "checkbox": "Space"}
VALUE = "(e) => e.type === 'checkbox' ? e.checked : e.value"


class Notebook:
    """The notebook in the browser, every figure in it drawn."""

    def __init__(self, page, asked, here):
        self.page, self.asked, self.here = page, asked, here  # here: what addresses of this machine begin with

    def figure(self, name):
        """The figure and its cell, scrolled to, whatever a test before did: it may have folded a section away."""
        self.do("notebook:expand-all-headings")
        self.do("notebook:enter-command-mode")
        cell = self.page.locator(".jp-Notebook .jp-CodeCell").filter(has_text=f'MAKERS["{name}"]')
        cell.scroll_into_view_if_needed()
        return cell, cell.locator(ROOT)

    def do(self, command):
        self.page.evaluate("command => window.jupyterapp.commands.execute(command)", command)

    def state(self):
        """Which cell is active, how many there are, and whether a cell is being written in."""
        return self.page.evaluate(
            """() => { const cells = [...document.querySelectorAll('.jp-Notebook .jp-Cell')];
            return [cells.findIndex(e => e.classList.contains('jp-mod-active')), cells.length,
              document.querySelector('.jp-Notebook').classList.contains('jp-mod-editMode')] }"""
        )

    def settle(self):
        """Let Lab answer a key: its answers come in the next frames."""
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 30)))")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
            self.settle()


@pytest.fixture(scope="module")
def notebook(chromium, lacking, tmp_path_factory):
    if importlib.util.find_spec("jupyterlab") is None:
        lacking("JupyterLab must be there: pip install -r requirements.txt")
    home, work = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("work")
    write_notebook(work / "figures.ipynb", list(MAKERS))
    with running_lab(home, work) as address:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000}, reduced_motion="reduce")
        asked, here = [], (address, address.replace("http", "ws"), "data:", "blob:")
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.route(lambda url: not url.startswith(here), lambda route: route.abort())
        page.goto(f"{address}lab/tree/figures.ipynb?token={TOKEN}")
        page.get_by_text("| Idle").wait_for(timeout=90_000)  # the kernel
        opened = Notebook(page, asked, here)
        opened.do("notebook:run-all-cells")
        page.locator(f".jp-Notebook {ROOT}").nth(len(MAKERS) - 1).wait_for(timeout=90_000)
        page.set_default_timeout(5_000)  # from here on nothing is slow
        yield opened
        page.close()


@each_figure
def test_sliders_lists_and_ticks_keep_their_keys_and_the_cell_stays(notebook, name):
    cell, figure = notebook.figure(name)
    for control in figure.locator("input, select").all():
        kind = control.evaluate("e => e.type")
        if kind == "select-one" and control.locator("option").count() == 1:
            continue  # nothing to move to
        if kind == "select-one":
            control.focus()  # a click would open the list
        else:
            control.click(position={"x": 8, "y": control.bounding_box()["height"] / 2})  # a slider: near its lower end
        before, start = notebook.state(), control.evaluate(VALUE)
        notebook.press(NEXT[kind])
        moved = control.evaluate(VALUE)
        notebook.press(BACK[kind])
        back = control.evaluate(VALUE)
        notebook.press(NEXT[kind], BACK[kind])
        about = f"{kind} {control.get_attribute('aria-label')}"
        assert (moved != start, float(back) == pytest.approx(float(start))) == (True, True), about
        assert control.evaluate("e => e === document.activeElement"), f"{about} keeps the focus"
        assert notebook.state() == before, f"{about}: cell, their number and the mode stay"
        assert "jp-mod-active" in cell.get_attribute("class")


@each_figure
def test_buttons_keep_letters_and_arrows_from_lab(notebook, name):
    """Of each kind of button the first that Tab reaches: X would cut the cell, B add one, arrows walk away."""
    _, figure = notebook.figure(name)
    for group in figure.locator(":is(.buttons, .controls, .line, .grid, tbody):has(button)").all():
        button = group.locator("button:not([tabindex='-1'])").first
        if not button.count():
            continue
        button.click()
        before = notebook.state()
        notebook.press("ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft", "x", "b", "m", "Enter")
        assert notebook.state() == before, button.inner_text()
        assert figure.evaluate("e => e.contains(document.activeElement)"), button.inner_text()


@pytest.mark.parametrize(
    ("name", "controls", "key"),
    [
        ("sentence_attention", ".line button", "ArrowRight"),
        ("head_browser", ".grid button", "ArrowRight"),
        ("head_browser", ".grid button", "ArrowDown"),
        ("head_browser", "tbody button", "ArrowDown"),
    ],
)
def test_arrows_walk_among_tokens_and_heads(notebook, name, controls, key):
    _, figure = notebook.figure(name)
    figure.locator(controls).nth(2).click()
    before = notebook.state()
    pressed = figure.locator(f"{controls}[aria-pressed=true]")
    start = pressed.evaluate("e => e.getAttribute('aria-label') ?? e.innerText")
    notebook.press(key)
    assert pressed.evaluate("e => e.getAttribute('aria-label') ?? e.innerText") != start
    assert pressed.evaluate("e => e === document.activeElement")
    assert notebook.state() == before


def test_the_handle_is_dragged_and_the_cell_stays(notebook):
    _, figure = notebook.figure("soft_lookup")
    figure.locator("input").first.click()
    before, start = notebook.state(), figure.get_attribute("data-scores")
    box = figure.locator(".handle").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    notebook.page.mouse.move(x, y)
    notebook.page.mouse.down()
    notebook.page.mouse.move(x - 40, y + 30, steps=5)
    notebook.page.mouse.up()
    notebook.settle()
    assert figure.get_attribute("data-scores") != start
    assert notebook.state() == before


def test_nobody_else_was_asked(notebook):
    assert any(url.startswith("ws") for url in notebook.asked), "the kernel's own socket is seen here"
    assert {url for url in notebook.asked if not url.startswith(notebook.here)} == set()


def test_the_lab_has_no_other_extension(notebook):
    """The one that draws widgets comes with ipywidgets; another could change the keys."""
    listed = notebook.page.evaluate(
        "JSON.parse(document.getElementById('jupyter-config-data').textContent).federated_extensions.map(e => e.name)"
    )
    assert "@jupyter-widgets/jupyterlab-manager" in listed
    assert not [name for name in listed if "myst" in name]
