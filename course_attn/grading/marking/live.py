"""What a teacher sees while a class is marked: a small table that stays in place; plain lines where nobody watches."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from course_attn.grading.marking import reports

LAST = 6  # submissions shown
STEADY = 40  # the rate is that of so many last submissions: what was known already comes at once
MOST_NOTES = 100


class Progress:
    """Shows results as they come.

    Args:
        console: Where; on a terminal the table, elsewhere a line for each submission.
        total: How many results there will be.
        clock: Tells the time in seconds.
    """

    def __init__(self, console: Console, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.console, self.total, self.clock = console, total, clock
        self.done = 0
        self.last: deque[tuple[str, str, str]] = deque(maxlen=LAST)
        self.times = deque([clock()], maxlen=STEADY)
        self.live = Live(get_renderable=self.table, console=console, refresh_per_second=4)

    def __enter__(self) -> Progress:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self.live.stop()

    def seen(self, result: dict[str, Any]) -> None:
        """Show one more result."""
        self.done += 1
        self.times.append(self.clock())
        row = (one_line(result["submission"]), f"{result['score']:g} of {result['max_score']:g}", notes(result))
        self.last.append(row)
        if not self.console.is_terminal:
            name, score, note = row
            self.console.print(f"{name}: {score}{', ' * bool(note)}{note}", markup=False)

    def table(self) -> Table:
        """The last results and how far it is."""
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(no_wrap=True, max_width=32)
        table.add_column(no_wrap=True, justify="right")
        table.add_column(no_wrap=True, overflow="ellipsis")
        for row in self.last:
            table.add_row(*map(Text, row))
        table.add_row(Text(f"{self.done} of {self.total}", style="bold"), Text(""), Text(self.pace(), style="dim"))
        return table

    def pace(self) -> str:
        """The rate of the last submissions, and how long the rest takes at it."""
        span = self.times[-1] - self.times[0]
        if self.done == 0 or span <= 0:
            return ""
        rate = (len(self.times) - 1) / span
        left = round((self.total - self.done) / rate)
        each = f"{rate:.1f} a second" if rate >= 1 else f"{1 / rate:.1f} s each"
        return f"{each}, {left // 60}:{left % 60:02d} left" if left else each


def notes(result: dict[str, Any]) -> str:
    """Flags and the first problem of a result, in a few words."""
    flagged = sum(bool(exercise["flags"]) for exercise in result["exercises"])
    parts = [f"flags on {flagged}"] if flagged else []
    parts += [one_line(result["problems"][0])[:MOST_NOTES]] if result["problems"] else []
    return ", ".join(parts)


def one_line(text: str) -> str:
    """Text from a submission as a terminal may have it: nothing it obeys, and no line that it did not begin itself."""
    return " ".join(reports.clean(text).split())
