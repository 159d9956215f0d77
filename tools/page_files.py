"""Which fetched files a page needs: its header says so, and the tests act on it.

A chapter that runs a real model names it in the header of its .md, and the notebook carries the line as metadata::

    needs: [minilm, smollm2]

    python -m tools.page_files              fetches what the pages of the book need and the cache lacks
    python -m tools.page_files FILE ...     the same for these .md or .ipynb files
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # what follows takes seconds to load, and Ctrl+C may come meanwhile
    from course_attn._endings import run

    run("tools.page_files")

import yaml

from course_attn.data.images import FASHION_FILES, MNIST_FILE, PHOTO_FILES
from course_attn.data.text import BROWN_FILE, CMUDICT_FILE
from course_attn.files import CacheUnusable, FileUnavailable, PinnedFile, fetch_all
from course_attn.pretrained.pins import MODEL_FILES

ROOT = Path(__file__).resolve().parent.parent
KEY = "needs"
FILES: dict[str, tuple[PinnedFile, ...]] = {
    **MODEL_FILES,
    "brown": (BROWN_FILE,),
    "cmudict": (CMUDICT_FILE,),
    "mnist": (MNIST_FILE,),
    "fashion_mnist": tuple(FASHION_FILES),
    "photos": tuple(PHOTO_FILES.values()),
}
"""The names a page may use, and the files each stands for."""


def needs_of(path: Path) -> tuple[str, ...]:
    """The names in a page's header or in a notebook's metadata.

    Raises:
        ValueError: If a name is none of :data:`FILES`, or the entry is not a list.
    """
    text = path.read_text(encoding="utf-8")
    return checked(path.name, json.loads(text)["metadata"] if path.suffix == ".ipynb" else header(text))


def header(text: str) -> dict[str, Any]:
    """The YAML header of a page; empty if it has none."""
    parts = text.split("---\n", 2)
    return (yaml.safe_load(parts[1]) or {}) if len(parts) == 3 and not parts[0] else {}


def checked(where: str, metadata: dict[str, Any]) -> tuple[str, ...]:
    """The entry ``needs`` of a header or of metadata, every name of it known."""
    names = metadata.get(KEY, [])
    if not isinstance(names, list):
        raise ValueError(f"{where}: {KEY} must be a list of names, got {names!r}")
    for name in names:
        if name not in FILES:
            raise ValueError(f"{where}: {KEY} must be names out of {', '.join(FILES)}, got {name!r}")
    return tuple(names)


def missing(names: Iterable[str]) -> list[str]:
    """Those names of which a file is not in the cache, or cannot be asked for."""
    names = list(names)
    try:
        return [name for name in names if not all(os.path.exists(file.path) for file in FILES[name])]
    except CacheUnusable:  # there is no home folder; fetching says what to do
        return names


def command(names: Iterable[str]) -> str:
    """What a reader types to get them."""
    models = [name for name in names if name in MODEL_FILES]
    data = "python -m course_attn.data" if set(names) - set(models) else ""
    return " and ".join(filter(None, [f"python -m course_attn.pretrained {' '.join(models)}" if models else "", data]))


def main(arguments: list[str] | None = None) -> int:
    """Fetch what is missing, name by name; 1 if something could not be had (the rest is there all the same)."""
    given = [Path(name) for name in (sys.argv[1:] if arguments is None else arguments)]
    pages = given or sorted((ROOT / "book").glob("*.ipynb"))
    wanted = dict.fromkeys(name for page in pages for name in needs_of(page))
    failed = 0
    for name in missing(wanted):
        try:
            fetch_all(FILES[name])
        except CacheUnusable:
            raise  # none of the others could be had either
        except FileUnavailable as problem:
            print(f"{name}: {problem}", file=sys.stderr)
            failed = 1
    return failed
