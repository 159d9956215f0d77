"""The same report as HTML, for a notebook cell.

Colours are only an addition: each state is a word and a sign. Text and background are the front end's own, so that
the report reads well in light and dark themes; styles stand in the tags, which every front end lets through.
"""

from __future__ import annotations

import html
import re

from course_attn.grading import report
from course_attn.grading.catalogue import Exercise
from course_attn.grading.runner import Outcome, Report

HINT_NAMES = ("a question", "a pointer", "nearly the answer")
SIGNS = {"passed": "✓", "failed": "✗", "not run": "·"}
FRAME = "border-left:4px solid {colour};padding:2px 0 2px 12px;margin:4px 0;max-width:52em;line-height:1.45"
GREEN, RED, GREY = "#2e8b57", "#d9534f", "#808080"  # each at least 3:1 against white and against a dark page
PLAIN_LIST = "list-style:none;margin:4px 0;padding-left:1.2em"
CODE = "font-family:monospace;white-space:pre-wrap;margin:2px 0 6px 0;padding:0;background:none;color:inherit"


def as_html(found: Report) -> str:
    """The whole report.

    Args:
        found: What the checks found.

    Returns:
        One HTML element, without script or style sheet.
    """
    name = found.exercise.name
    if found.unusable:
        return unusable(found.exercise, found.unusable)
    if not found.attempted:
        return _frame(GREY, f"{name}: not attempted", f"<p>{_text(report.not_attempted(name))}</p>")
    total = len(found.outcomes)
    passed = sum(outcome.status == "passed" for outcome in found.outcomes)
    if found.passed:
        head = f"<p><strong>✓ {name}: passed</strong>, all {total} checks.</p>"
        return _frame(GREEN, f"{name}: passed", head + _printed(found.printed))
    head = f"<p><strong>✗ {name}: not yet</strong>, {passed} of {total} checks passed.</p>"
    body = _failure(found.failure) if found.failure else ""
    rest = [_printed(found.printed), _checks(found.outcomes), _hints(found.exercise)]
    return _frame(RED, f"{name}: not yet", head + body + "".join(rest))


def unusable(exercise: Exercise, reason: str) -> str:
    """An answer that cannot be checked at all."""
    head = f"<p><strong>✗ {exercise.name}: cannot be checked.</strong></p>"
    return _frame(RED, f"{exercise.name}: cannot be checked", head + _message(reason) + _hints(exercise))


def _frame(colour: str, label: str, body: str) -> str:
    body = body.replace("<p>", '<p style="margin:2px 0 6px 0">')
    label = html.escape(label)
    return f'<div role="group" aria-label="Check of {label}" style="{FRAME.format(colour=colour)}">{body}</div>'


def _failure(outcome: Outcome) -> str:
    line = f'<pre style="{CODE}">{html.escape(outcome.line)}</pre>' if outcome.line else ""
    return f"<p>Failed: {_text(outcome.title)}.</p>{line}{_message(outcome.message)}"


def _message(text: str) -> str:
    """Sentences as text; code, shapes and numbers, which stand below one another, with fixed width."""
    parts, fixed = [], []
    for line in text.splitlines():
        if line.startswith(("  ", "line ")):
            fixed.append(html.escape(line.removeprefix("  ")))
            continue
        parts += _fixed(fixed)
        fixed = []
        blame = line.startswith("This is what you get when ")
        parts.append(f"<p>{'<strong>' * blame}{_text(line)}{'</strong>' * blame}</p>")
    return "".join([*parts, *_fixed(fixed)])


def _fixed(lines: list[str]) -> list[str]:
    return [f'<pre style="{CODE}">{chr(10).join(lines)}</pre>'] if lines else []


def _checks(outcomes: list[Outcome]) -> str:
    items = "".join(
        f'<li><span aria-hidden="true">{SIGNS[outcome.status]}</span> {_text(outcome.title)} ({outcome.status})</li>'
        for outcome in outcomes
    )
    return _details(f"All {len(outcomes)} checks", f'<ul style="{PLAIN_LIST}">{items}</ul>')


def _hints(exercise: Exercise) -> str:
    """Each hint holds the next: nearly the answer is not one careless click away."""
    inner = ""
    for level in range(len(exercise.hints), 0, -1):
        body = f'<div style="padding-left:1.2em"><p>{_text(exercise.hints[level - 1].strip())}</p>{inner}</div>'
        inner = _details(f"Hint {level}: {HINT_NAMES[level - 1]}", body)
    return inner


def _details(summary: str, body: str) -> str:
    return f'<details style="margin:2px 0"><summary style="cursor:pointer">{summary}</summary>{body}</details>'


def _printed(text: str) -> str:
    lines = text.rstrip().splitlines()
    if not lines:
        return ""
    shown = [line[: report.WIDTH] for line in lines[: report.MAX_LINES]]
    more = len(lines) - len(shown)
    shown += [f"... and {more} more"] if more else []
    return f"<p>It printed:</p>{_fixed([html.escape(line) for line in shown])[0]}"


def _text(text: str) -> str:
    """Escaped, with backticks as code."""
    escaped = html.escape(text, quote=False)
    style = "font-family:monospace;background:none;color:inherit;padding:0"
    return re.sub(r"`([^`]+)`", rf'<code style="{style}">\1</code>', escaped)
