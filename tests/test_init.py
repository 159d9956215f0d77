"""The package's front door: light to open, and everything it names is there."""

import json
import re
import subprocess
import sys
from importlib import metadata

import pytest

import course_attn

LOADED = "import json, sys; {}; print(json.dumps(sorted(sys.modules)))"


def modules_after(statement):
    """Names of all modules that a fresh Python holds after this statement."""
    done = subprocess.run([sys.executable, "-c", LOADED.format(statement)], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_import_brings_torch_and_the_core_only():
    added = modules_after("import course_attn") - modules_after("import torch")
    roots = {name.split(".")[0] for name in added}
    assert roots == {"course_attn"}, f"import course_attn also loads {sorted(roots - {'course_attn'})}"
    heavy = ("grading", "viz", "widgets", "data", "train", "pretrained", "cli", "files")
    assert not [name for name in added if name.split(".")[1:2] and name.split(".")[1] in heavy]


def test_every_public_name_is_there():
    for name in course_attn.__all__:
        assert getattr(course_attn, name) is not None
    assert set(course_attn.__all__) <= set(dir(course_attn))
    assert course_attn.__all__ == sorted(course_attn.__all__)


def test_check_comes_from_grading():
    from course_attn.grading import check

    assert course_attn.check is check


def test_names_lead_to_functions_not_to_modules_of_the_same_name():
    """course_attn.attention and course_attn.device are both a module and what it is for."""
    from course_attn.attention import attention
    from course_attn.device import device

    assert course_attn.attention is attention
    assert course_attn.device is device


def test_an_unknown_name():
    with pytest.raises(AttributeError) as problem:
        _ = course_attn.atention
    assert str(problem.value) == "module 'course_attn' has no attribute 'atention'"


def test_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+", course_attn.__version__)
    assert metadata.version("course-attn") == course_attn.__version__
