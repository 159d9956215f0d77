"""Notebooks under nbval: figures are compared too, byte for byte, where the pinned packages are installed."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

PINS = dict(
    line.split("==") for line in (Path(__file__).parent / "requirements.txt").read_text().split() if "==" in line
)


def pytest_collectstart(collector: Any) -> None:
    """nbval leaves images out; the same pins draw the same PNG, so put them back in."""
    if type(collector).__name__ == "IPyNbFile" and version("matplotlib") == PINS["matplotlib"]:
        collector.skip_compare = tuple(kind for kind in collector.skip_compare if kind != "image/png")
