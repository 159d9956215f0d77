"""A page with one saved widget and the site's loader, in a real browser: as on the built site, without a kernel."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

LOADER = Path(__file__).parents[2] / "book" / "assets" / "static-widgets.js"


@pytest.fixture(scope="session")
def lacking():
    """Say that something these tests need is not here: an error where all must be there (CI), else a skip."""

    def say(what):
        if os.environ.get("CI", "").lower() in ("true", "1"):
            pytest.fail(f"{what} (CI is set, so this is an error)", pytrace=False)
        pytest.skip(what)

    return say


@pytest.fixture(scope="session")
def chromium(lacking):
    found = os.environ.get("CHROME") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        lacking("a browser must be there: install chromium, or name one in CHROME")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture
def javascript(request, tmp_path, lacking):
    """Computes an expression in which ``w`` is the module of the test file's FIGURE and ``a`` the argument."""
    node = shutil.which("node")
    if not node:
        lacking("node must be there to run the widget's JavaScript")
    module = tmp_path / "widget.mjs"  # node reads .mjs as a module whatever its version
    module.write_text(request.module.FIGURE._esm, encoding="utf-8")

    def run(expression, argument):
        program = (
            f"import * as w from {json.dumps(module.as_uri())};"
            "let text = ''; for await (const part of process.stdin) text += part; const a = JSON.parse(text);"
            f"console.log(JSON.stringify({expression}));"
        )
        command = [node, "--input-type=module", "-e", program]
        done = subprocess.run(command, input=json.dumps(argument), capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    return run


@pytest.fixture
def open_widget(chromium):
    """Open a page that holds the widget; whatever the page says in its console fails the test."""
    said, contexts = [], []

    def open_page(widget, *, width=1280, theme="light", page_says=True, touch=False):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, has_touch=touch, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.set_content(page_with(widget, theme if page_says else None))
        page.wait_for_selector("[aria-live=polite]")  # what every figure has: its sentence
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == [], "a widget keeps the console quiet"


def page_with(widget, theme):
    """``theme`` is what the page says; None for a page that says nothing."""
    said = f' data-theme="{theme}"' if theme else ""
    state = {"anywidget": {"model_module": "anywidget", "model_name": "AnyModel", "state": json_state(widget)}}
    saved = json.dumps({"version_major": 2, "version_minor": 0, "state": state}).replace("</", "<\\/")
    view = json.dumps({"version_major": 2, "version_minor": 0, "model_id": "anywidget"})
    return f"""<!doctype html><html lang="en"{said}><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>One widget</title>
<style>body {{ margin: 12px auto; max-width: 760px; }} html[data-theme=dark] body {{ background: #121212 }}</style>
</head><body><main><h1>One widget</h1>
<script type="application/vnd.jupyter.widget-view+json">{view}</script></main>
<script type="application/vnd.jupyter.widget-state+json">{saved}</script>
<script>{LOADER.read_text(encoding="utf-8")}</script></body></html>"""


def json_state(widget):
    """What a notebook stores of a widget: its state, models of its layout named by id."""
    state = widget.get_state()
    return json.loads(json.dumps(state, default=str))
