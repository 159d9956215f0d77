"""Fetch every data file into the cache: ``python -m course_attn.data``."""

from __future__ import annotations

import sys

from course_attn._endings import told


def main() -> None:
    """Fetch what is missing; end with what could not be had."""
    from course_attn.data.images import FACES_FILE, FASHION_FILES, MNIST_FILE, PHOTO_FILES  # slow: they load torch
    from course_attn.data.text import BROWN_FILE, CMUDICT_FILE
    from course_attn.files import CacheUnusable, FileUnavailable, cache_folder, fetch_all

    folder, problems = cache_folder(), []
    # One after the other: a machine without apt-get still gets all but the pictures of clothes.
    for files in ([BROWN_FILE], [CMUDICT_FILE], [*PHOTO_FILES.values(), FACES_FILE], [MNIST_FILE], FASHION_FILES):
        try:
            fetch_all(files)
        except CacheUnusable:
            raise
        except FileUnavailable as problem:
            problems.append(str(problem))
    if problems:
        sys.exit("\n".join([*problems, f"what could be fetched is in {folder}"]))
    print(f"all data files are in {folder}")


if __name__ == "__main__":
    told(main, "python -m course_attn.data")
