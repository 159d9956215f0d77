"""Files that are whole: after a full disk, Ctrl+C or two writers at once the old one is there, or the new one."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file beside its place and put it there when it is whole.

    Args:
        path: Where. A link is followed and stays one; what is no file, such as a terminal, is simply written to.
        content: Text is written as UTF-8.

    Raises:
        OSError: If it cannot be written; the old file is as it was. The error names ``path``.
    """
    place, data = Path(os.path.realpath(path)), content.encode() if isinstance(content, str) else content
    beside = place.with_name(f".new-{os.getpid()}-{threading.get_ident()}")
    try:
        if place.exists() and not place.is_file():
            place.write_bytes(data)
            return
        try:
            beside.write_bytes(data)
            os.replace(beside, place)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
    except OSError as reason:
        raise OSError(reason.errno, reason.strerror, str(path)) from None
