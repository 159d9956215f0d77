"""One check of one file, told as plain data: what a child process hands back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from course_attn.attention import attention
from course_attn.grading import catalogue, loading, report, runner
from course_attn.grading.explain import AnswerError
from course_attn.masks import causal_mask


@dataclass(frozen=True)
class Found:
    """What a check found.

    Args:
        status: "passed", "failed", "not attempted", "unusable", "stopped" (too slow) or "died".
        text: What the learner reads.
    """

    status: str
    text: str

    @property
    def passed(self) -> bool:
        """True when every check passed."""
        return self.status == "passed"


def examine(name: str, path: Path, verbose: bool = False) -> Found:
    """Load a file and run the checks of an exercise on it, here and now.

    Args:
        name: The exercise.
        path: The learner's file.
        verbose: Run every check and tell all of it.
    """
    torch.set_num_threads(1)  # the tensors are small: starting threads takes longer than the check
    exercise = catalogue.find(name)
    try:
        function = loading.load(path, name)
    except AnswerError as reason:
        return Found("unusable", report.unusable(name, str(reason)))
    result = runner.run(exercise, function, stop=not verbose)
    text = report.as_whole_text(result) if verbose else report.as_text(result)
    if result.unusable:
        return Found("unusable", text)
    if not result.attempted:
        return Found("not attempted", text)
    return Found("passed" if result.passed else "failed", text)


def warm_up() -> None:
    """Do once what is slow the first time, before a process is copied: every check module, torch forwards and back."""
    torch.set_num_threads(1)
    for exercise in catalogue.exercises().values():
        exercise.checks()
    # With a GPU the first gradient starts threads for it, and a copy of this process could compute none.
    x = torch.ones(2, 3, 5, requires_grad=torch.cuda.device_count() == 0)
    output, _ = attention(x, x, x, causal_mask(3))
    if output.requires_grad:
        output.sum().backward()
