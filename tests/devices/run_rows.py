"""All rows on the pretended device, in a process of its own: prints what went wrong, as JSON, row by row."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

import pretended
import torch
from core_on_device import CORE, DTYPES
from device_bench import (
    part_elsewhere_is_named,
    runs_where_it_is_the_default,
    same_as_on_the_cpu,
    wrong_device_is_named,
)
from device_parts import PARTS
from device_rows import ROWS
from planted import PLANTED

from course_attn.train import distributed

TESTS = {"same": same_as_on_the_cpu, "default": runs_where_it_is_the_default, "wrong": wrong_device_is_named}


def attempt(function, *arguments):
    """What the function returned, and the last lines of what it raised."""
    try:
        return [function(*arguments), ""]
    except Exception as problem:
        where = traceback.extract_tb(problem.__traceback__)
        inside = [frame for frame in where if "course_attn" in frame.filename] or where
        at = f"{Path(inside[-1].filename).name}:{inside[-1].lineno}"
        return [None, f"{type(problem).__name__} at {at}: {problem}"]


def main():
    pretended.register()
    distributed.existing_device = torch.device  # course_attn.device knows no such device
    torch.set_num_threads(1)
    found = {
        name: {kind: attempt(test, row, "gpu:0") for kind, test in TESTS.items()}
        for name, row in {**ROWS, **PLANTED}.items()
    }
    found |= {name: {"part": attempt(part_elsewhere_is_named, part, "gpu:0")} for name, part in PARTS.items()}
    found |= {test.__name__: {str(dtype): attempt(test, "gpu:0", dtype) for dtype in DTYPES} for test in CORE}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
