"""`submit()` in a notebook: the answers are functions of the cells, found by name."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from course_attn.grading import catalogue
from course_attn.grading.names import spellings
from course_attn.grading.unanswered import is_stub
from course_attn.learner import submission
from course_attn.learner.gather import NotCarried, source_file


def submit(namespace: Mapping[str, Any] | None = None, folder: str | Path = ".") -> None:
    """Write the notebook's answers to ``submission.zip``, and offer the file for download in Colab.

    Nothing is raised for an answer that cannot be packed; it is named.

    Args:
        namespace: The functions by name; those of the notebook if left out.
        folder: Where the file goes.

    Chapter: Attention.
    """
    names = _notebook() if namespace is None else namespace
    answers: dict[str, bytes] = {}
    for name, exercise in catalogue.exercises().items():
        own = next((spelling for spelling in spellings(name) if spelling in names), name)
        function = names.get(own)
        # A name that a chapter imported from the package is the package's answer, not the learner's.
        if not callable(function) or str(getattr(function, "__module__", "")).startswith("course_attn"):
            continue
        try:
            source = source_file(own, function, names)
        except NotCarried as reason:
            print(f"{name}: not packed: {reason}")
            continue
        if not is_stub(source, own, exercise.stub):
            answers[name] = source.encode()
    if not answers:
        print("submit: this notebook has no answers yet. Run the cells with your functions first, then submit().")
        return
    path = Path(folder) / submission.NAME
    try:
        submission.pack(answers, path)
    except OSError as reason:
        print(f"submit: {path} cannot be written: {reason.strerror}")
        return
    print(submission.summary(answers, path))
    _offer(path)


def _notebook() -> Mapping[str, Any]:
    """The names of the notebook's cells; of the main program outside of one."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        found: Mapping[str, Any] = shell.user_ns
        return found
    return vars(sys.modules["__main__"])


def _offer(path: Path) -> None:
    """Start the browser's download in Colab; elsewhere the path has been said."""
    if "google.colab" not in sys.modules:
        return
    try:
        sys.modules["google.colab"].files.download(str(path))
    except Exception as reason:  # a blocked pop-up or a lost front end must not look like a lost submission
        print(f"Colab did not offer the download ({type(reason).__name__}): take the file from the folder on the left.")
