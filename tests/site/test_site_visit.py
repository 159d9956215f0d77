"""A visit sees what is wrong with a page that is made badly."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser
from site_server import serve
from site_visit import visit_page

BAD = """<!doctype html><html lang="en"><head><title>Bad</title></head><body><main><h1>Bad</h1>
<article><img src="gone.png"><p style="color: #aaa; background: #fff">Too pale</p>
<div style="width: 2000px">Too wide</div></article></main><script>console.error("broken")</script></body></html>"""


def test_a_bad_page_is_found_out(tmp_path: Path, browser: Browser, npm: Path) -> None:
    (tmp_path / "bad.html").write_text(BAD, encoding="utf-8")
    axe = (npm / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    with serve(tmp_path) as server:
        seen = visit_page(browser, server, "bad.html", axe)
    found = " ".join(seen.violations)
    for width in (1280, 390):
        for theme in ("light", "dark"):
            for rule in ("image-alt", "color-contrast"):
                assert f"{theme}, {width} px: {rule} (" in found
    assert len(seen.sideways) == 2
    assert any("gone.png: 404" in line for line in seen.failed)
    assert "broken" in seen.complaints
