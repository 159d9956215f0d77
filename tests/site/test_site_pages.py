"""Every page, in a real browser: alone, silent, accessible, within the screen and within its budget."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser
from site_pages import PAGES
from site_server import Server
from site_visit import Visit

BUDGET = 900_000  # bytes that travel: shell, text and figures
MAPS = 600_000  # and so many more, where a page carries the attention maps of real models

each_page = pytest.mark.parametrize("address", PAGES)


@each_page
def test_asks_no_other_host_and_finds_all_it_asks_for(visit: Callable[[str], Visit], address: str) -> None:
    seen = visit(address)
    assert seen.asked, "the page asked for nothing: it was not visited"
    assert seen.outside == []
    assert seen.failed == []


@each_page
def test_says_nothing_on_the_console(visit: Callable[[str], Visit], address: str) -> None:
    assert visit(address).complaints == []


@each_page
def test_axe_finds_nothing(visit: Callable[[str], Visit], address: str) -> None:
    assert visit(address).violations == []


@each_page
def test_nothing_scrolls_sideways(visit: Callable[[str], Visit], address: str) -> None:
    assert visit(address).sideways == []


@each_page
def test_stays_within_its_bytes(visit: Callable[[str], Visit], server: Server, address: str) -> None:
    sizes = {asked: server.size(asked) for asked in visit(address).asked}
    heaviest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
    maps = bytes_of_maps((server.root / address).read_text(encoding="utf-8"))
    assert maps <= MAPS, f"{maps} bytes of maps"
    assert sum(sizes.values()) - maps <= BUDGET, f"{sum(sizes.values())} bytes, the most of them in {heaviest}"


def bytes_of_maps(page: str) -> int:
    """How much of a page are the maps that its figures to touch carry (``map_bytes``), as they travel."""
    saved = re.findall(r'<script type="application/vnd.jupyter.widget-state\+json">(.*?)</script>', page, re.DOTALL)
    models = [model for text in saved for model in json.loads(text)["state"].values()]
    maps = "".join(text for model in models for text in model["state"].get("map_bytes", []))
    return len(gzip.compress(maps.encode())) if maps else 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_follows_the_readers_colour_scheme(browser: Browser, server: Server, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(server.base + "intro.html")
    page.wait_for_function("scheme => document.documentElement.dataset.theme === scheme", arg=scheme, timeout=5000)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", ground)[:3])
    assert (brightness > 600) == (scheme == "light"), ground
    page.close()


def test_search_finds_a_page_by_a_word(browser: Browser, server: Server) -> None:
    page = browser.new_page()
    page.goto(f"{server.base}/search.html?q=softmax")
    page.wait_for_selector("#search-results a", timeout=20_000)
    found = [link.get_attribute("href") or "" for link in page.query_selector_all("#search-results a")]
    assert any(address.startswith("attention.html") for address in found), found
    page.close()
