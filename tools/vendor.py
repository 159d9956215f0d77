"""Copy the parts of MathJax that the site serves from the installed npm package into ``book/assets/vendor``.

    python tools/vendor.py

The folder is not in git. Copying takes a tenth of a second and only happens when the package has changed.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tools" / "node" / "node_modules" / "mathjax"
TARGET = ROOT / "book" / "assets" / "vendor" / "mathjax"
VERSION = "3.2.2"

# What a page with TeX input and HTML output loads. Left out: the accessibility explorer, MathML input, SVG output.
PARTS = ("es5/tex-mml-chtml.js", "es5/output/chtml/fonts/woff-v2", "es5/input/tex/extensions", "LICENSE")


def vendor(package: Path = PACKAGE, target: Path = TARGET) -> bool:
    """Bring ``target`` up to date with ``package``; return whether anything was copied.

    Raises:
        FileNotFoundError: If the npm package or a part of it is missing.
        ValueError: If it is another version.
    """
    manifest = package / "package.json"
    if not manifest.is_file():
        raise FileNotFoundError(f"vendor: MathJax must be installed in {_short(package)}: run `make book`")
    version = json.loads(manifest.read_text(encoding="utf-8"))["version"]
    if version != VERSION:
        raise ValueError(f"vendor: mathjax must be version {VERSION}, got {version}: run `make book`")
    stamp = target / "VERSION"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == version:
        return False
    shutil.rmtree(target, ignore_errors=True)
    for part in PARTS:
        source, copy = package / part, target / part.removeprefix("es5/")
        if not source.exists():
            raise FileNotFoundError(f"vendor: {part} must be in mathjax {version}, it is not: install it anew")
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy)
        else:
            shutil.copyfile(source, copy)
    stamp.write_text(version, encoding="utf-8")  # last: a copy that was cut short is made again
    return True


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def main() -> int:
    """Command line: print what was done, or what is missing."""
    try:
        copied = vendor()
    except (FileNotFoundError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"MathJax {VERSION}: {'copied to ' + _short(TARGET) if copied else 'up to date'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
