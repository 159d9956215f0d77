"""Notebooks under nbval: figures are compared too, by what they show, where the pinned packages are installed."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools.figures import settle_matplotlib, with_figures_of

PINS = dict(
    line.split("==") for line in (Path(__file__).parent / "requirements.txt").read_text().split() if "==" in line
)


def pytest_collectstart(collector: Any) -> None:
    """nbval leaves images out; the same pins draw the same figure, so put them back in."""
    if type(collector).__name__ != "IPyNbFile":
        return
    settle_matplotlib()
    if version("matplotlib") == PINS["matplotlib"]:
        collector.skip_compare = tuple(kind for kind in collector.skip_compare if kind != "image/png")


def pytest_itemcollected(item: Any) -> None:
    """Let a cell compare figures by what they show instead of by their bytes."""
    if type(item).__name__ == "IPyNbCell":
        compare = item.compare_outputs
        item.compare_outputs = lambda test, ref, skip_compare=None: compare(
            test, with_figures_of(test, ref), skip_compare
        )
