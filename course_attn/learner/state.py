"""What the course folder remembers between two commands: `.course/state.json`.

Nothing here is ever fatal. A file that cannot be understood is set aside under another name; entries that this
version does not know, from a later version or of an exercise that is gone, are kept as they are.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_attn._whole import write_whole

FORMAT = 1


@dataclass
class State:
    """How far a learner is.

    Args:
        current: The exercise that `watch` shows; empty before the first.
        done: Exercise → when it passed and the hash of the answer that did.
        hints: Exercise → the highest level of hint that was read.
        unknown: Entries of the file that this version does not know.
        notice: What happened while the file was read, if the learner should hear of it.
    """

    current: str = ""
    done: dict[str, Any] = field(default_factory=dict)
    hints: dict[str, Any] = field(default_factory=dict)
    unknown: dict[str, Any] = field(default_factory=dict)
    notice: str = ""

    def hint_level(self, name: str) -> int:
        """The highest hint read for an exercise, 0 for none."""
        level = self.hints.get(name, 0)
        return level if type(level) is int else 0


def read(path: Path) -> State:
    """The state at ``path``; an empty one if there is none, or none that can be understood."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return State()
    except OSError as reason:
        return State(notice=f"{path} cannot be read ({reason.strerror}): starting without it")
    except (ValueError, RecursionError):
        return State(notice=_set_aside(path))
    if not _is_understood(table):
        return State(notice=_set_aside(path))
    known = {name: table.pop(name) for name in ("current", "done", "hints") if name in table}
    return State(**known, unknown=table)


def write(path: Path, state: State) -> None:
    """Write the state whole: another process sees the old file or the new one, never a part.

    Raises:
        OSError: If the folder cannot be written to.
    """
    table = {
        "format": FORMAT,
        **state.unknown,
        "current": state.current,
        "done": state.done,
        "hints": state.hints,
    }
    path.parent.mkdir(exist_ok=True)  # no parents: a course folder that was deleted is not made again behind its back
    write_whole(path, json.dumps(table, indent=2, ensure_ascii=False) + "\n")


@contextlib.contextmanager
def changing(path: Path) -> Iterator[State]:
    """The state read anew, and written after the block; its `notice` then says what went wrong, if anything.

    Reading anew lets `watch` and a command in another window work on the same folder, and neither writes between the
    other's reading and writing.
    """
    with _alone(path.parent):
        state = read(path)
        yield state
        try:
            write(path, state)
        except OSError as reason:
            state.notice = f"your progress cannot be saved in {path}: {reason.strerror}"


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait for other processes that change something in this folder; where a folder cannot be locked, hope."""
    with contextlib.ExitStack() as held:
        with contextlib.suppress(ImportError, OSError):  # Windows; a folder that is not there
            import fcntl

            handle = os.open(folder, os.O_RDONLY)
            held.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _is_understood(table: Any) -> bool:
    if not isinstance(table, dict) or not isinstance(table.get("current", ""), str):
        return False
    number = table.get("format")
    return type(number) is int and all(isinstance(table.get(name, {}), dict) for name in ("done", "hints"))


def _set_aside(path: Path) -> str:
    """Rename a broken file; say so."""
    number = 1
    while (aside := path.with_name(f"state.broken-{number}.json")).exists():
        number += 1
    try:
        os.replace(path, aside)
    except OSError as reason:
        return f"{path} cannot be understood, nor set aside ({reason.strerror}): starting without it"
    return f"{path} could not be understood; it is now {aside.name}, and your progress starts anew"
