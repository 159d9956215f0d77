"""After the build: cut the icon fonts, and the style sheet that lists them, down to the icons that the pages show.

The theme ships every icon of Font Awesome (274 kB in two fonts that each page loads); the site shows about thirty.
An icon is used when a page or a script names its class, or when a style sheet writes its code point outside Font
Awesome's own list of classes. Icons have code points of Unicode's private area.
"""

from __future__ import annotations

import re
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)

CLASS = re.compile(r"\bfa-[a-z0-9]+(?:-[a-z0-9]+)*\b")
ICON_RULE = re.compile(r"((?:\.fa-[a-z0-9-]+:{1,2}before,?)+)\{content:\"([^\"]*)\"\}")
STRING = re.compile(r"[\"']([^\"']{1,12})[\"']")
PRIVATE = range(0xE000, 0xF900)
ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")


def on_finished(app: Sphinx, problem: Exception | None) -> None:
    """Subset the fonts of a finished HTML build."""
    if problem is None and app.builder.format == "html":
        subset_icons(Path(app.outdir))


def subset_icons(site: Path) -> None:
    """Rewrite the icon fonts of ``site`` in place, keeping the glyphs of the icons in use."""
    static = site / "_static"
    fonts = sorted((static / "vendor" / "fontawesome" / "webfonts").glob("*.woff2"))
    if not fonts:
        LOGGER.warning("icon fonts: the theme must ship woff2 fonts in _static/vendor/fontawesome, none found")
        return
    wanted = icons_in_use(site)
    for path in static.rglob("*.css"):
        sheet = path.read_text(encoding="utf-8")
        cut = ICON_RULE.sub(lambda rule: rule[0] if code_points(rule[2]) & wanted else "", sheet)
        if cut != sheet:
            path.write_text(cut, encoding="utf-8")
    for path in fonts:
        font = TTFont(path)
        options = subset.Options(flavor="woff2", layout_features=[], glyph_names=False, notdef_outline=True)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=wanted & set(font.getBestCmap()))
        cutter.subset(font)
        subset.save_font(font, str(path), options)


def icons_in_use(site: Path) -> set[int]:
    """The code points of the icons that the pages of ``site`` can show."""
    static = site / "_static"
    sheets = [path.read_text(encoding="utf-8") for path in sorted(static.rglob("*.css"))]
    code_of = {
        name.split(":")[0].lstrip("."): code_points(content)
        for sheet in sheets
        for names, content in ICON_RULE.findall(sheet)
        for name in names.split(",")
        if name
    }
    used: set[int] = set()
    for sheet in sheets:  # icons that a style sheet draws itself
        for content in STRING.findall(ICON_RULE.sub("", sheet)):
            used |= {point for point in code_points(content) if point in PRIVATE}
    named = {
        name
        for path in [*site.rglob("*.html"), *static.rglob("*.js")]
        if path.name != "fontawesome.js" and "mathjax" not in path.parts
        for name in CLASS.findall(path.read_text(encoding="utf-8"))
    }
    for name in named & code_of.keys():
        used |= code_of[name]
    return used


def code_points(content: str) -> set[int]:
    r"""Code points of a CSS string such as ``\f135``."""
    plain = ESCAPE.sub(lambda match: chr(int(match[1], 16)), content)
    return {ord(character) for character in plain}
