"""`course-attn doctor`: what this machine has, and what to do about what it lacks."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

import watchfiles.main

from course_attn._endings import torch_problem
from course_attn._version import __version__
from course_attn.grading import catalogue
from course_attn.learner import course, keys

OLDEST_TORCH = (2, 11)  # as in pyproject.toml: a test compares


@dataclass(frozen=True)
class Row:
    """One thing looked at.

    Args:
        what: Its name.
        found: What is there.
        advice: What to do, empty if all is well.
    """

    what: str
    found: str
    advice: str = ""


def rows() -> list[Row]:
    """Everything `doctor` looks at, in the order of likely trouble; the last two rows need torch."""
    found = [_python(), _torch(), _package(), _folder(), _watching(), _keys()]
    return found if torch_problem() else [*found, _cache(), _isolation()]


def _python() -> Row:
    version = platform.python_version()
    good = (3, 11) <= sys.version_info[:2] <= (3, 13)
    advice = "" if good else "the course is tested with Python 3.11 to 3.13; another may do as well"
    return Row("python", f"{version}, {platform.system()}", advice)


def _torch() -> Row:
    reason = torch_problem()
    if reason:
        return Row("torch", f"not here: {reason}")  # the command's last line says what to do
    import torch

    from course_attn.device import device

    numbers = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2] if part.isdigit())
    oldest = ".".join(map(str, OLDEST_TORCH))
    advice = "" if numbers >= OLDEST_TORCH else f'pip install --upgrade "torch>={oldest}"'
    return Row("torch", f"{torch.__version__}, computes on {device().type}", advice)


def _package() -> Row:
    missing = [exercise.name for exercise in catalogue.exercises().values() if not exercise.stub_path.is_file()]
    advice = f"the stub of {', '.join(missing)} is missing: install the package anew" if missing else ""
    return Row("course_attn", f"{__version__}, {len(catalogue.exercises())} exercises", advice)


def _folder() -> Row:
    here = course.find()
    if here is None:
        return Row("course folder", "none here", "course-attn init makes one; or go to the one you have")
    state = here.state()
    found = f"{here.root}, {len(here.done())} of {len(catalogue.exercises())} passed"
    if not os.access(here.root, os.W_OK):
        return Row("course folder", found, "it cannot be written to: your progress is not saved")
    gone = [exercise.name for exercise in catalogue.exercises().values() if not here.path(exercise).is_file()]
    stubs = f"course-attn reset {gone[0]} puts its stub there" if gone else ""
    return Row("course folder", found, state.notice or stubs)


def _watching() -> Row:
    polling = watchfiles.main._default_force_polling(None)
    found = "by looking at the files several times a second" if polling else "told by the system"
    drive = Path.cwd().parts[:2] == ("/", "mnt") and "microsoft" in platform.release().lower()
    advice = "this is a Windows drive: slow; a folder in your Linux home is faster" if drive else ""
    return Row("watch", found, advice)


def _keys() -> Row:
    if keys.Keys().available:
        return Row("keys", "this terminal has them")
    return Row("keys", "standard input is no terminal", "watch works but takes no keys; start it in a terminal")


def _cache() -> Row:
    from course_attn.files import CacheUnusable, cache_folder

    try:
        folder = cache_folder()
    except CacheUnusable:  # a user without a home, or the name of an unknown one in COURSE_ATTN_CACHE
        return Row("cache", "no home folder to keep it in", "name a folder in COURSE_ATTN_CACHE")
    found = str(folder) if os.path.isdir(folder) else f"{folder}, not made yet"
    advice = "name another folder in COURSE_ATTN_CACHE"
    there = next(place for place in (folder, *folder.absolute().parents) if os.path.lexists(place))
    if not os.path.isdir(there):  # a file, or a link to nothing
        return Row("cache", found, f"it cannot be made, {there} is in the way: {advice}")
    if not os.access(there, os.W_OK | os.X_OK):
        return Row("cache", found, f"{there} cannot be written to: {advice}")
    return Row("cache", found)


def _isolation() -> Row:
    from course_attn.grading.sandbox import isolation

    tiers = [str(tier) for tier in isolation.available()]
    if isolation.can("A") or isolation.can("B"):
        return Row("isolation", f"{tiers[0]}: good enough for marks")
    advice = "for course-attn grade only: use Linux 5.13 or later, and install bubblewrap"
    return Row("isolation", f"{tiers[0] if tiers else 'none'}: not enough for marks", advice)
