"""Fetch every data file into the cache: ``python -m course_attn.data``."""

from __future__ import annotations

import sys

from course_attn.data.images import FASHION_FILES, MNIST_FILE, PHOTO_FILES
from course_attn.data.text import BROWN_FILE, CMUDICT_FILE
from course_attn.files import FileUnavailable, cache_folder, fetch_all

if __name__ == "__main__":
    try:
        fetch_all([*FASHION_FILES, MNIST_FILE, *PHOTO_FILES.values(), BROWN_FILE, CMUDICT_FILE])
    except FileUnavailable as problem:
        sys.exit(str(problem))
    print(f"all data files are in {cache_folder()}")
