"""For nbval: a notebook whose files cannot be had is skipped, with the reason; with CI=true it fails."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from tools.page_files import command, missing, needs_of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the cells of such a notebook before its kernel is started."""
    reasons: dict[Path, str] = {}
    for item in items:
        if item.path.suffix != ".ipynb":
            continue
        if item.path not in reasons:
            lacking = missing(needs_of(item.path))
            reasons[item.path] = f"{', '.join(lacking)} not in the cache: {command(lacking)}" if lacking else ""
        if reasons[item.path]:
            if os.environ.get("CI") == "true":
                item.add_marker(pytest.mark.lacking(reasons[item.path]))
            else:
                item.add_marker(pytest.mark.skip(reason=reasons[item.path]))


def pytest_configure(config: pytest.Config) -> None:
    """The mark set above."""
    config.addinivalue_line("markers", "lacking(reason): with CI=true, a notebook whose files are missing is an error")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """With CI=true a missing file is an error, said once for each cell without starting a kernel."""
    if mark := item.get_closest_marker("lacking"):
        pytest.fail(mark.args[0], pytrace=False)
