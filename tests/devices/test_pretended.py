"""Every layer on a device that refuses CPU tensors, pretended by `pretended.py`: results, default device, wrong inputs.

A registered device stays for the whole process, so the rows run in a process of their own, once.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import pkgutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import torch
from core_on_device import CORE, DTYPES
from device_parts import PARTS
from device_rows import INNER, ROWS, WITHOUT
from planted import FOUND, PLANTED
from torch import nn

import course_attn

HERE = Path(__file__).parent
# Joiners that compute nothing with tensors of a learner, or read files.
NO_LAYERS = {"viz", "widgets", "grading", "learner", "cli", "files", "results"}
NO_LAYERS |= {f"data.{name}" for name in ("graphs", "images", "sentence", "text")}
NO_LAYERS |= {f"pretrained.{name}" for name in ("ctranslate2", "gguf_file", "onnx_file", "pins", "weights")}
NO_LAYERS |= {f"train.{name}" for name in ("checkpoint", "distributed")}


@cache
def found():
    """What went wrong, row by row."""
    paths = os.pathsep.join([str(HERE.parent), *filter(None, sys.path)])  # the package that is under test here
    done = subprocess.run(
        [sys.executable, "-W", "error", str(HERE / "run_rows.py")],
        env=os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ROWS)
def test_as_on_the_cpu(name):
    assert not found()[name]["same"][1]


@pytest.mark.parametrize("name", ROWS)
def test_where_it_is_the_default_device(name):
    assert not found()[name]["default"][1]


@pytest.mark.parametrize("name", [name for name in ROWS if name not in INNER])
def test_an_input_on_another_device_is_named_in_the_courses_words(name):
    assert not found()[name]["wrong"][1]


def test_inputs_really_were_moved():
    """At least every call of two tensors, or of a layer and a tensor, in both directions."""
    moved = {name: found()[name]["wrong"][0] for name in ROWS}
    assert moved["attention.attention"] == 8
    assert moved["multi_head.MultiHeadAttention"] == 4
    assert moved["cache.KeyValueCache"] == 4
    assert sum(count or 0 for count in moved.values()) > 400


@pytest.mark.parametrize("name", PARTS)
def test_a_part_on_another_device_is_named_in_the_courses_words(name):
    assert not found()[name]["part"][1]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", [test.__name__ for test in CORE])
def test_what_a_real_device_will_be_asked_holds_on_the_pretended_one(name, dtype):
    assert not found()[name][str(dtype)][1]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name):
    kind, words = FOUND[name]
    assert words in found()[name][kind][1]


def layers_and_functions():
    """Everything public that the package's modules define and that may meet a tensor."""
    for module in pkgutil.walk_packages(course_attn.__path__, "course_attn."):
        inner = module.name.removeprefix("course_attn.")
        if inner in NO_LAYERS or inner.split(".")[0] in NO_LAYERS or inner.split(".")[-1].startswith("_"):
            continue
        for name, thing in vars(importlib.import_module(module.name)).items():
            public = not name.startswith("_") and getattr(thing, "__module__", "") == module.name
            if public and (inspect.isclass(thing) or inspect.isfunction(thing)):
                yield f"{inner}.{name}", thing


def test_every_layer_and_function_has_a_row():
    rows = {name.partition(",")[0] for name in ROWS}
    excused = {name for names in WITHOUT.values() for name in names}
    public = dict(layers_and_functions())
    assert not public.keys() - rows - excused, "add a row to device_rows.py, or say in WITHOUT why it needs none"
    assert not (rows | excused) - public.keys(), "device_rows.py names what does not exist"
    assert not rows & excused
    layers = {name for name, thing in public.items() if inspect.isclass(thing) and issubclass(thing, nn.Module)}
    parts = set(WITHOUT["a part of a layer that has a row"])
    assert layers & excused <= parts, "a layer needs a row"


def test_this_process_has_no_such_device():
    """The device is registered in the other process alone."""
    found()
    with pytest.raises(RuntimeError, match="gpu"):
        torch.empty(0, device="gpu")
