"""After the build: write the figures with a palette of 256 colours, a third of their bytes.

A figure holds a handful of colours and the shades between them. Each shade moves to the nearest of 256 chosen for that
figure; a figure for which that would be visible (a photo, say) is left as it is. The notebooks keep the originals.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from sphinx.application import Sphinx

# Mean distance of a pixel's colour, on a scale of 0 to 255 in each of red, green and blue: below this nobody sees it.
TOLERANCE = 1.0


def on_finished(app: Sphinx, problem: Exception | None) -> None:
    """Lighten the figures of a finished HTML build."""
    if problem is None and app.builder.format == "html":
        for path in sorted((Path(app.outdir) / "_images").glob("*.png")):
            lighten(path)


def lighten(path: Path) -> bool:
    """Rewrite one PNG if that makes it smaller and nobody can see it; say whether it was rewritten."""
    with Image.open(path) as opened:
        opaque = opened.mode in ("RGB", "L") or (
            opened.mode == "RGBA" and opened.getchannel("A").getextrema() == (255, 255)
        )
        if not opaque:  # what shows through must stay; palettes are left as they are
            return False
        original = opened.convert("RGB")
    few = original.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    difference = np.asarray(original, dtype=np.int16) - np.asarray(few.convert("RGB"), dtype=np.int16)
    if np.abs(difference).mean() > TOLERANCE:
        return False
    packed = BytesIO()
    few.save(packed, "png", optimize=True)
    if packed.tell() >= path.stat().st_size:
        return False
    path.write_bytes(packed.getvalue())
    return True
