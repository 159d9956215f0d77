"""Fetch every data file into the cache: ``python -m course_attn.data``."""

from __future__ import annotations

import sys

from course_attn.data.images import FACES_FILE, FASHION_FILES, MNIST_FILE, PHOTO_FILES
from course_attn.data.text import BROWN_FILE, CMUDICT_FILE
from course_attn.files import FileUnavailable, cache_folder, fetch_all

if __name__ == "__main__":
    problems = []
    # One after the other: a machine without apt-get still gets all but the pictures of clothes.
    for files in ([BROWN_FILE], [CMUDICT_FILE], [*PHOTO_FILES.values(), FACES_FILE], [MNIST_FILE], FASHION_FILES):
        try:
            fetch_all(files)
        except FileUnavailable as problem:
            problems.append(str(problem))
    if problems:
        sys.exit("\n".join([*problems, f"what could be fetched is in {cache_folder()}"]))
    print(f"all data files are in {cache_folder()}")
