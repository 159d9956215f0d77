"""What each attack gets in each tier: ``python -m benchmarks.attacks [TIER ...]`` plays them and stores the result.

Tiers C and D hold nothing back, so there the grader itself runs in a bubblewrap container of its own, where an attack
can kill, delete and call whatever it likes. ``--table`` plays nothing: it writes ``book/instructors.md``'s table.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.record import RESULTS, provenance, store
from course_attn._whole import write_whole

ROOT = Path(__file__).resolve().parents[1]
PLAY = ROOT / "tests" / "attacks" / "play.py"
PAGE = ROOT / "book" / "instructors.md"
BEGIN, END = "<!-- attacks: made by python -m benchmarks.attacks --table -->", "<!-- end of attacks -->"
TIERS = "ABCD"
MOST = 4 * 2**30  # bytes of address space in the container


def container(folder: Path) -> list[str]:
    """Own namespaces, this machine's files for reading only, one folder for writing."""
    arguments = ["bwrap", "--unshare-all", "--uid", "0", "--gid", "0", "--die-with-parent", "--new-session"]
    arguments += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    visible = [str(part) for part in (ROOT, Path(sys.prefix), Path(sys.base_prefix)) if str(part).startswith("/tmp/")]
    for path in visible:
        arguments += ["--ro-bind", path, path]
    return [*arguments, "--bind", str(folder), str(folder)]


def limit() -> None:
    """Attacks that fill the memory fill this much."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST))


def play(tier: str, names: list[str]) -> dict[str, dict[str, Any]]:
    """Play attacks; where one ends the grader, the rest is played by a new one."""
    found: dict[str, dict[str, Any]] = {}
    waiting = list(names)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        while waiting:
            free = tier in "CD"
            command = [*(container(Path(folder)) if free else []), sys.executable, str(PLAY), tier, folder, *waiting]
            environment = os.environ | {"OMP_NUM_THREADS": "1"}
            with subprocess.Popen(
                command, stdout=subprocess.PIPE, text=True, env=environment, preexec_fn=limit if free else None
            ) as process:
                begun = _hear(process, found)
            if begun is None and waiting[0] not in found:
                raise RuntimeError(f"tier {tier} cannot be played here: {command[0]} ended with {process.returncode}")
            if begun is not None:
                found[begun] = {"attack": begun, "points": 0, "got": ["the grader's end"], "flags": []}
            waiting = [name for name in waiting if name not in found]
    return {name: found[name] for name in names}


def _hear(process: subprocess.Popen[str], found: dict[str, dict[str, Any]]) -> str | None:
    """Enter what a player says. Returns the attack it did not survive."""
    begun = None
    for line in process.stdout or []:
        told = json.loads(line)
        begun = told.get("begins")
        if begun is None:
            found[told["attack"]] = told
            print(f"  {told['attack']}: {', '.join(told['got']) or 'nothing'}", flush=True)
    return begun


def stored() -> dict[str, Any]:
    """The stored result."""
    return dict(json.loads((RESULTS / "attacks.json").read_text(encoding="utf-8")))


def table() -> str:
    """The table: every attack that got something, then the number of those that did not."""
    result = stored()
    tiers = result["tiers"]
    names = list(next(iter(tiers.values())))
    lines = ["| attack | " + " | ".join(f"tier {tier}" for tier in tiers) + " |", "|---" * (len(tiers) + 1) + "|"]
    for name in names:
        got = [tiers[tier][name]["got"] for tier in tiers]
        if any(got):
            words = name.partition("_")[2].replace("_", " ")
            lines.append(f"| {words} | " + " | ".join(", ".join(each) or "–" for each in got) + " |")
    held = {tier: sum(not each["got"] for each in found.values()) for tier, found in tiers.items()}
    counts = " | ".join(f"{held[tier]} of {len(names)}" for tier in tiers)
    lines.append(f"| **attacks that got nothing** | {counts} |")
    return "\n".join([*lines, "", f"Played on {result['date']}: {result['machine']}, torch {result['torch']}."])


def page(text: str) -> str:
    """The page with its table made anew."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tiers", nargs="*", default=list(TIERS))
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    if not given.table:
        sys.path.insert(0, str(PLAY.parent))
        from play import NAMES

        tiers = dict(stored()["tiers"]) if (RESULTS / "attacks.json").exists() else {}
        for tier in given.tiers:
            print(f"Tier {tier}", flush=True)
            tiers[tier] = play(tier, NAMES)
            store("attacks", provenance(0) | {"tiers": {name: tiers[name] for name in sorted(tiers)}})
    write_whole(PAGE, page(PAGE.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
