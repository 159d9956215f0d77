"""Lighthouse gives 100 for accessibility, best practices and search engines."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from site_pages import PAGES
from site_server import Server
from site_visit import FLAGS

CATEGORIES = ("accessibility", "best-practices", "seo")


def audit(npm: Path, chromium: str, url: str) -> dict[str, float]:
    """Scores by category and, for any that is not full, the audits that failed."""
    done = subprocess.run(
        [
            "node",
            str(npm / "lighthouse" / "cli" / "index.js"),
            url,
            f"--only-categories={','.join(CATEGORIES)}",
            "--output=json",
            "--quiet",
            f"--chrome-flags={' '.join(['--headless=new', *FLAGS])}",
        ],
        env={**os.environ, "CHROME_PATH": chromium},
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    lost = {
        audit["id"]: audit["title"]
        for name in CATEGORIES
        for reference in report["categories"][name]["auditRefs"]
        if reference["weight"] and (audit := report["audits"][reference["id"]])["score"] not in (None, 1)
    }
    return {name: report["categories"][name]["score"] for name in CATEGORIES} | lost


FULL = dict.fromkeys(CATEGORIES, 1)


@pytest.mark.parametrize("address", ["intro.html", "attention.html"])
def test_full_marks(server: Server, npm: Path, chromium: str, address: str) -> None:
    assert audit(npm, chromium, server.base + address) == FULL


@pytest.mark.slow
@pytest.mark.parametrize("address", sorted(set(PAGES) - {"intro.html", "attention.html"}))
def test_full_marks_on_the_other_pages(server: Server, npm: Path, chromium: str, address: str) -> None:
    assert audit(npm, chromium, server.base + address) == FULL
