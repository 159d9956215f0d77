"""Fetch the weights into the cache: ``python -m course_attn.pretrained``, or only some: ``... minilm dinov2``."""

from __future__ import annotations

import sys

from course_attn._endings import told


def main() -> None:
    """Fetch what is missing of the models named, or of all."""
    from course_attn.files import cache_folder, fetch_all  # slow: it loads torch
    from course_attn.pretrained.pins import MODEL_FILES

    names = sys.argv[1:] or list(MODEL_FILES)
    if unknown := [name for name in names if name not in MODEL_FILES]:
        sys.exit(f"unknown model {unknown[0]!r}: the models are {', '.join(MODEL_FILES)}")
    fetch_all([file for name in names for file in MODEL_FILES[name]])
    print(f"the weights of {', '.join(names)} are in {cache_folder()}")


if __name__ == "__main__":
    told(main, "python -m course_attn.pretrained")
