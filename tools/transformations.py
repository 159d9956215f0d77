"""Writes `book/api/transformed.md`: what torch's transformations do to each layer and function of the package.

    python -m tools.transformations                  try every row in every way, write the page
    python -m tools.transformations torch.compile    try these ways only, keep what was found in the others
    python -m tools.transformations --check          write nothing; exit code 1 if something comes out otherwise

Rows and ways stand in `tests/devices`, and what was found in `tests/devices/transformed.json`. Nothing is written while
a call is at fault: while it neither works nor says in the course's own words that it cannot.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT, ROOT / "tests", ROOT / "tests" / "devices"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

if __name__ == "__main__":  # what follows takes seconds to load, and Ctrl+C may come meanwhile
    from course_attn._endings import run

    run("tools.transformations")

from device_rows import ROWS  # noqa: E402
from transformations import FIXED, NOTHING, REFUSES, WAYS, WORKS, outcome  # noqa: E402

from course_attn._whole import write_whole  # noqa: E402

FOUND = ROOT / "tests" / "devices" / "transformed.json"
PAGE = ROOT / "book" / "api" / "transformed.md"
SIGNS = {WORKS: "yes", FIXED: "fixed", REFUSES: "no", NOTHING: "–"}
HEAD = """\
---
nosearch: true
myst:
  html_meta:
    description: "Which calls of course_attn can be traced, exported, compiled, mapped and derived twice."
---

<!-- Made by `python -m tools.transformations`. Edit the package, not this page. -->

# Traced, exported, compiled, mapped

PyTorch can turn a call into something else: a graph for another program, a faster program, a call for many inputs at
once, a derivative. Each row below is a call of the package that was really put through each of them, and compared with
the plain call. *Yes*: the numbers are the same. *No*: the call says so at once, as a `ValueError` of the package's
usual form. *Fixed*: exported with all sizes fixed, the numbers are the same; with an open length the call says no,
since it goes step by step. A dash: there is nothing to transform, since nothing goes in that is a tensor, or nothing
can be derived. The headings are the modules of `course_attn`.

`trace`
: `torch.jit.trace`. The graph is fed with other numbers and another mask than it was traced with, rows that may attend
  to nothing included. For other sizes it computes the right thing or stops with an error.

`export`
: `torch.export`, with the batch, the length and every other axis that the call lets grow declared as dynamic.

`compile`
: `torch.compile(fullgraph=True)`.

`vmap`
: `torch.func.vmap` over all inputs together, and over each of them alone.

`jvp`
: `torch.func.jvp`, the derivative forwards.

`twice`
: The derivative of the derivative, as for a gradient penalty or a Hessian.

`fake`
: `FakeTensorMode`: sizes and dtypes without numbers.

`meta`
: The device `"meta"`, the same.

Three things are good to know. In a graph the numbers of a tensor are not checked: a token beyond the vocabulary or an
edge to a node that does not exist is refused by the plain call, and not by a traced, exported or compiled one. For the
same reason a NaN that a mask hides from some queries, and not from all, reaches all of them in a graph and under
`vmap`; in the plain call it reaches those that see it. And a call that keeps something for the next one, such as a
key-value cache, can be compiled, but neither exported nor traced.
"""
SHORT = {
    "torch.jit.trace": "trace",
    "torch.export": "export",
    "torch.compile": "compile",
    "torch.func.vmap": "vmap",
    "torch.func.jvp": "jvp",
    "second derivative": "twice",
    "FakeTensorMode": "fake",
    "meta": "meta",
}

Found = dict[str, dict[str, str]]  # row to way to outcome


def page(found: Found) -> str:
    """The text of the page: a table for each line of modules, one row for each call."""
    lines, part = [HEAD], ""
    for name in found:
        module = name.partition(".")[0]
        if module != part:
            part = module
            title = f"\n## `{module}`\n"
            lines += [title, _line("Call", *SHORT.values()), _line(*["---"] * (1 + len(SHORT)))]
        call, _, remark = name.partition(", ")
        call = call.removeprefix(f"{module}.").rpartition(".")[2]
        signs = [SIGNS[found[name][way]] for way in SHORT]
        lines.append(_line(f"`{call}`{', ' + remark if remark else ''}", *signs))
    return "\n".join(lines) + "\n"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def stored() -> Found:
    """What was found last."""
    return json.loads(FOUND.read_text(encoding="utf-8")) if FOUND.is_file() else {}


def main(arguments: list[str] | None = None) -> int:
    """Command line: write or compare the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.transformations", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("ways", nargs="*", help=", ".join(WAYS), metavar="WAY")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    options = parser.parse_args(arguments)
    unknown = set(options.ways) - WAYS.keys()
    if unknown:
        parser.error(f"WAY must be one of {', '.join(WAYS)}, got {', '.join(sorted(unknown))}")
    before, found, problems = stored(), {}, []
    for name, row in ROWS.items():
        found[name] = {way: before.get(name, {}).get(way, "not tried") for way in WAYS}
        for way in options.ways or WAYS:
            found[name][way] = outcome(WAYS[way], row)
        problems += [f"{name}, {way}: {came}" for way, came in found[name].items() if came not in SIGNS]
        print(f"{name}: {', '.join(found[name].values())}"[:200], flush=True)
    if problems:
        print("\n".join([*problems, f"{PAGE.name} was left as it was"]), file=sys.stderr)
        return 1
    same = found == before
    if not options.check:
        write_whole(FOUND, json.dumps(found, indent=1) + "\n")
        write_whole(PAGE, page(found))
    print(f"{FOUND.name}: {'unchanged' if same else 'differs' if options.check else 'written'}")
    return int(options.check and not same)
