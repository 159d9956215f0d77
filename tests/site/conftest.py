"""The built site, a server for it, a browser, and one visit to each page that the tests share."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))  # the helpers of this folder

from site_pages import PAGES, ROOT, SITE
from site_server import Server, serve
from site_visit import FLAGS, Visit, visit_page


def _lacking(what: str) -> None:
    """Something the tests need is not on this machine: an error where all must be there, else a skip."""
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(f"{what} (CI is set, so this is an error)", pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session")
def site() -> Path:
    missing = [page for page in PAGES if not (SITE / page).is_file()]
    if missing:
        pytest.fail(f"the built site must hold {missing[0]}, it does not: run `make book`", pytrace=False)
    return SITE


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[Server]:
    with serve(site) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> str:
    found = os.environ.get("CHROME") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        _lacking("a browser must be there: install chromium, or name one in CHROME")
    return str(found)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def npm() -> Path:
    folder = ROOT / "tools" / "node" / "node_modules"
    if not (folder / "axe-core").is_dir():
        _lacking("axe-core must be in tools/node/node_modules: run `make book`")
    return folder


@pytest.fixture(scope="session")
def visit(server: Server, browser: Browser, npm: Path) -> Callable[[str], Visit]:
    """Visit a page, once for all tests."""
    axe = (npm / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    seen: dict[str, Visit] = {}

    def once(address: str) -> Visit:
        if address not in seen:
            seen[address] = visit_page(browser, server, address, axe)
        return seen[address]

    return once
