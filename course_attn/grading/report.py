"""What a learner reads: at most twelve lines, the same in a cell, in a terminal and under pytest."""

from __future__ import annotations

import textwrap

from course_attn.grading.runner import Outcome, Report

MAX_LINES = 12
WIDTH = 100
PRINTED_LINES = 2


def as_text(report: Report) -> str:
    """The whole report, without a line break at its end."""
    name = report.exercise.name
    if report.unusable:
        return unusable(name, report.unusable)
    if not report.attempted:
        return not_attempted(name)
    if report.passed:
        return "\n".join([f"{name}: passed, all {len(report.outcomes)} checks.", *_printed(report.printed)])
    passed = sum(outcome.status == "passed" for outcome in report.outcomes)
    lines = [f"{name}: {passed} of {len(report.outcomes)} checks passed."]
    if report.failure is not None:
        lines += failure_lines(report.failure, report.printed)
    return "\n".join([*lines, hint_line(name)])


def as_whole_text(report: Report) -> str:
    """Every check with its result, every message and everything printed, nothing cut: what ``-v`` shows."""
    if report.unusable or not report.attempted:
        return as_text(report)
    passed = sum(outcome.status == "passed" for outcome in report.outcomes)
    lines = [f"{report.exercise.name}: {passed} of {len(report.outcomes)} checks passed."]
    for outcome in report.outcomes:
        lines += [f"{outcome.status.capitalize()}: {outcome.title}.", *_own_line(outcome), *_wrapped(outcome.message)]
    if report.printed.strip():
        lines += ["It printed in the last check:", *(f"  {line}" for line in report.printed.rstrip().splitlines())]
    return "\n".join(lines if report.passed else [*lines, hint_line(report.exercise.name)])


def not_attempted(name: str) -> str:
    """The one line for an answer that is still the stub."""
    return f"{name}: not attempted yet. Write your answer in place of `raise NotImplementedError`, then check again."


def failure_lines(failure: Outcome, printed: str = "") -> list[str]:
    """One failed check: its title, the learner's line, then the message, cut to what fits."""
    lines = [f"Failed: {failure.title}.", *_own_line(failure), *_wrapped(failure.message)]
    printed_lines = _printed(printed)
    room = MAX_LINES - 2 - len(printed_lines)  # the head and the line about hints take two
    if len(lines) > room:
        lines = [*lines[: room - 1], "  ..."]
    return lines + printed_lines


def hint_line(name: str) -> str:
    """Where help is to be had."""
    return f"Stuck? course-attn hint {name}"


def unusable(name: str, reason: str) -> str:
    """An answer that cannot be checked at all."""
    return "\n".join([f"{name}: cannot be checked.", *_wrapped(reason)][:MAX_LINES])


def _own_line(outcome: Outcome) -> list[str]:
    return [f"  {outcome.line}"] if outcome.line else []


def _wrapped(message: str) -> list[str]:
    """The lines of a message, indented, the long ones broken."""
    lines = []
    for line in message.splitlines():
        indent = "  " + " " * (len(line) - len(line.lstrip(" ")))
        lines += textwrap.wrap(line.strip(), WIDTH, initial_indent=indent, subsequent_indent=indent)
    return lines


def _printed(text: str) -> list[str]:
    lines = text.rstrip().splitlines()
    if not lines:
        return []
    more = [] if len(lines) <= PRINTED_LINES else [f"  ... and {len(lines) - PRINTED_LINES} more"]
    return ["It printed:", *(f"  {line[:100]}" for line in lines[:PRINTED_LINES]), *more]
