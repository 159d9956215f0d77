"""Fetch the weights into the cache: ``python -m course_attn.pretrained``, or only some: ``... minilm dinov2``."""

from __future__ import annotations

import sys

from course_attn.files import FileUnavailable, cache_folder, fetch_all
from course_attn.pretrained.pins import MODEL_FILES

if __name__ == "__main__":
    names = sys.argv[1:] or list(MODEL_FILES)
    if unknown := [name for name in names if name not in MODEL_FILES]:
        sys.exit(f"unknown model {unknown[0]!r}: the models are {', '.join(MODEL_FILES)}")
    try:
        fetch_all([file for name in names for file in MODEL_FILES[name]])
    except FileUnavailable as problem:
        sys.exit(str(problem))
    print(f"the weights of {', '.join(names)} are in {cache_folder()}")
