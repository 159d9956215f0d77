"""A class that never was: submissions of every kind for one exercise, written as learners hand them in."""

from __future__ import annotations

import json
import random
import re
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXERCISE = "scaled_dot_scores"
CHAPTER = "ch01_attention"
# Of a hundred submissions, how many are of each kind.
SHARES = {"right": 52, "wrong": 34, "crashing": 6, "hostile": 6, "hanging": 2}
CRASHING = {
    "exit": "import os\nos._exit(3)\n",
    "segfault": "import ctypes\nctypes.string_at(0)\n",
    "raises": f"def {EXERCISE}(query, key):\n    raise KeyError(query.shape)\n",
    "syntax": f"def {EXERCISE}(query, key:\n",
    "stub": f"def {EXERCISE}(query, key):\n    raise NotImplementedError\n",
    "signature": f"def {EXERCISE}(query):\n    return query\n",
}
HANGING = {
    "spins": f"def {EXERCISE}(query, key):\n    while True:\n        pass\n",
    "sleeps": f"import time\n\n\ndef {EXERCISE}(query, key):\n    time.sleep(3600)\n",
}
HOSTILE = (
    "01_patch_torch_and_checks",
    "03_exit_in_call",
    "05_hunt_reference_in_memory",
    "06_import_reference",
    "07_read_solution",
    "12_fork_bomb",
    "14_run_a_program",
    "15_delete_and_overwrite",
    "19_tensor_equal_to_all",
    "20_object_equal_to_all",
    "21_kill_parent",
    "22_network",
    "30_forged_verdict",
)


def texts() -> dict[str, list[str]]:
    """The texts of each kind: solution and planted answers of the repository, accidents, attacks."""
    planted = ROOT / "tests" / "exercises" / CHAPTER / EXERCISE
    sys.path.insert(0, str(ROOT / "tests" / "attacks"))
    from attacks import ATTACKS

    right = [ROOT / "solutions" / CHAPTER / f"{EXERCISE}.py", *sorted(planted.glob("right_*.py"))]
    hostile = [ATTACKS[name].replace("{marker}", "/nowhere").replace("{port}", "9") for name in HOSTILE]
    return {
        "right": [path.read_text(encoding="utf-8") for path in right],
        "wrong": [path.read_text(encoding="utf-8") for path in sorted(planted.glob("mistake_*.py"))],
        "crashing": list(CRASHING.values()),
        "hostile": [text.replace("{paths}", repr(str(ROOT / "solutions"))) for text in hostile],
        "hanging": list(HANGING.values()),
    }


def kinds(count: int, shares: dict[str, int] | None = None, seed: int = 0) -> list[str]:
    """The kind of each submission: the shares exactly, in an order that the seed gives."""
    shares = shares or SHARES
    line = [kind for kind, share in shares.items() for _ in range(share)]
    order = [line[place * len(line) // count] for place in range(count)]
    random.Random(seed).shuffle(order)
    return order


def write(folder: Path, count: int, shares: dict[str, int] | None = None, seed: int = 0) -> dict[str, int]:
    """Write submissions, no two alike: files, folders, zips and notebooks in turn. Returns how many of each kind."""
    folder.mkdir(parents=True)
    known = texts()
    used = dict.fromkeys(known, 0)
    for number, kind in enumerate(kinds(count, shares, seed)):
        text = _numbered(known[kind][used[kind] % len(known[kind])], number)
        used[kind] += 1
        _hand_in(folder / f"{kind}_{number:04}", text, number % 4)
    return used


def _numbered(text: str, number: int) -> str:
    """A text like no other: its number stands behind it, and in the function, where reading keeps it."""
    first_line = rf"(def {EXERCISE}\(.*:\n)(\s+)"
    return re.sub(first_line, rf"\g<1>\g<2>_ = {number}\n\g<2>", text, count=1) + f"\n# {number}\n"


def _hand_in(place: Path, text: str, form: int) -> None:
    """One submission in one of four forms."""
    if form == 0:
        place.with_suffix(".py").write_text(text, encoding="utf-8")
    elif form == 1:
        (place / CHAPTER).mkdir(parents=True)
        (place / CHAPTER / f"{EXERCISE}.py").write_text(text, encoding="utf-8")
    elif form == 2:
        with zipfile.ZipFile(place.with_suffix(".zip"), "w") as archive:
            archive.writestr(f"exercises/{CHAPTER}/{EXERCISE}.py", text)
    else:
        cells = [{"cell_type": "code", "source": text}, {"cell_type": "code", "source": "%time 1\n1 +"}]
        place.with_suffix(".ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
