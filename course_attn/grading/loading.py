"""Reading a learner's file and finding the function in it."""

from __future__ import annotations

import contextlib
import inspect
import io
import sys
import tokenize
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from course_attn.grading.explain import AnswerError, first_line
from course_attn.grading.names import spellings


def load(path: Path, name: str) -> Callable[..., Any]:
    """The function ``name`` of the file at ``path``, run as a fresh module.

    Args:
        path: The learner's file.
        name: The function asked for.

    Returns:
        The function.

    Raises:
        AnswerError: If the file cannot be read, has a syntax error, raises when it is run, or does not define
            the function.
    """
    return load_text(_source, path, name)


def load_text(source: Callable[[Path], str], path: Path, name: str) -> Callable[..., Any]:
    """As `load`, with the text from ``source(path)``: a worker gets it over a pipe and sees no file."""
    module = ModuleType("learner")
    module.__file__ = str(path)
    before = sys.modules.get("learner")
    sys.modules["learner"] = module  # dataclasses look their own module up
    try:
        text = source(path)
        if "\0" in text:
            number = text.count("\n", 0, text.index("\0")) + 1
            raise AnswerError(f"{path.name} holds a NUL character in line {number}: save it as UTF-8 text")
        code = compile(text, str(path), "exec", dont_inherit=True)  # not this module's __future__
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code, module.__dict__)
    except KeyboardInterrupt:
        raise
    except SyntaxError as reason:
        where = f" in line {reason.lineno}" if reason.lineno else ""  # an unknown encoding has none
        line = (reason.text or "").strip()
        raise AnswerError(f"{path.name} has a syntax error{where}: {reason.msg}\n{line}") from None
    except BaseException as reason:  # the learner's file may raise anything when it is run, SystemExit included
        raise AnswerError(_explained(path, reason)) from None
    finally:
        if before is None:
            sys.modules.pop("learner", None)
        else:
            sys.modules["learner"] = before
    function = next((vars(module)[spelling] for spelling in spellings(name) if spelling in vars(module)), None)
    if not callable(function):
        own = [
            key
            for key, value in vars(module).items()
            if (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == "learner"
        ]
        raise AnswerError(f"{path.name} must define a function {name}, got {', '.join(own) or 'no function at all'}")
    return function


def _source(path: Path) -> str:
    try:
        with tokenize.open(path) as file:  # honours an encoding line, UTF-8 otherwise
            return file.read()
    except (UnicodeDecodeError, SyntaxError) as reason:
        if isinstance(reason, SyntaxError) and "invalid or missing encoding" not in reason.msg:
            raise
        raise AnswerError(f"{path.name} is not UTF-8 text: save it as UTF-8") from None
    except OSError as reason:
        raise AnswerError(f"{path} cannot be read: {reason.strerror}") from None


def _explained(path: Path, reason: BaseException) -> str:
    if isinstance(reason, AnswerError):
        return str(reason)
    own = [frame for frame in traceback.extract_tb(reason.__traceback__) if frame.filename == str(path)]
    where = f" in line {own[-1].lineno}" if own else ""
    line = f"\n{own[-1].line}" if own and own[-1].line else ""
    return f"{path.name} raised {type(reason).__name__}{where} while it was loaded: {first_line(reason)}{line}"
