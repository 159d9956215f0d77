"""The tables of ``benchmarks/README.md``, from the stored results: ``python -m benchmarks.table`` rewrites them.

``--check`` changes nothing and fails if the page is not what the results give.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.record import RESULTS
from course_attn._whole import write_whole

PAGE = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- results: made by python -m benchmarks.table -->", "<!-- end of results -->"
TITLES = {
    "multi_head": "Multi-head layer",
    "sequence": "Encoder-decoder",
    "vision": "Vision transformer",
    "long": "Long sequences and images",
    "process": "Import",
    "pretrained": "Pretrained models",
}


def verdict(target: dict[str, Any]) -> str:
    """Whether a target was met, and the figure to hope for."""
    if target["ratio"] > target["limit"]:
        return "**missed**"
    return "met, and the aim" if target["aim"] is not None and target["ratio"] <= target["aim"] else "met"


def rows(name: str, result: dict[str, Any]) -> list[str]:
    """One row for each target of a case."""
    found = []
    for target in result["targets"]:
        values = result["extra_mib" if target["of"] == "memory" else "milliseconds"]
        rival = min(target["over"], key=lambda who: values[who])
        unit = "MiB" if target["of"] == "memory" else "ms"
        measured = f"{values[target['ours']]:.4g} {unit} against {values[rival]:.4g}"
        aim = "" if target["aim"] is None else f" ({target['aim']:g})"
        who = f"{target['ours']} / {rival}"
        limit = f"{target['limit']:.3g}{aim}"
        found.append(
            f"| {name} | {target['of']} | {who} | {measured} | {target['ratio']:g} | {limit} | {verdict(target)} |"
        )
    return found


def tables() -> str:
    """All tables, with where and when they were measured."""
    lines: list[str] = []
    for part, title in TITLES.items():
        path = RESULTS / f"benchmarks_{part}.json"
        if not path.exists():
            continue
        results = json.loads(path.read_text())
        first = next(iter(results.values()))
        dates = sorted({result["date"] for result in results.values()})
        lines += [
            f"### {title}",
            "",
            f"{first['machine']}; torch {first['torch']}; {' to '.join(dict.fromkeys((dates[0], dates[-1])))}.",
            "",
        ]
        lines += ["| case | of | ratio of | measured | ratio | limit (aim) | |", "|---|---|---|---|---|---|---|"]
        for name, result in results.items():
            lines += rows(name, result)
            for who, error in result.get("disagrees", {}).items():
                lines.append(f"| {name} | result | {who} | differs by {error:.2g} | | | **not equal** |")
        lines.append("")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with its tables made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


def main() -> int:
    """The command."""
    text = PAGE.read_text()
    if "--check" in sys.argv:
        if page(text) == text:
            return 0
        print("benchmarks/README.md must hold the stored results: run python -m benchmarks.table")
        return 1
    write_whole(PAGE, page(text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
