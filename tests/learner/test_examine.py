"""One check of one file, told as plain data."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from course_attn.grading import catalogue
from course_attn.learner import examine

ROOT = Path(__file__).parents[2]
PATH = catalogue.find("masked_softmax").path


@pytest.mark.parametrize(
    ("source", "status", "said"),
    [
        (None, "not attempted", "not attempted yet"),
        ("x = 1\n", "unusable", "must define a function masked_softmax"),
        ("def masked_softmax(scores):\n    return scores\n", "unusable", "must take (scores, mask), got (scores)"),
        ("def masked_softmax(scores, mask):\n    return scores\n", "failed", "Failed: "),
    ],
)
def test_status(folder, source, status, said):
    if source is not None:
        folder.write("masked_softmax", source)
    found = examine.examine("masked_softmax", folder.root / PATH)
    assert found.status == status
    assert said in found.text
    assert not found.passed


def test_passed_and_verbose(folder):
    folder.solve("masked_softmax")
    assert examine.examine("masked_softmax", folder.root / PATH).passed
    whole = examine.examine("masked_softmax", folder.root / PATH, verbose=True)
    assert whole.passed
    assert whole.text.count("Passed: ") == 8


def test_verbose_tells_of_every_check(folder):
    folder.write("masked_softmax", "def masked_softmax(scores, mask):\n    print('here')\n    return scores\n")
    text = examine.examine("masked_softmax", folder.root / PATH, verbose=True).text
    assert text.count("Failed: ") >= 6
    assert "It printed in the last check:\n  here" in text


def test_warm_up_can_be_done_twice():
    examine.warm_up()
    examine.warm_up()
    assert torch.get_num_threads() == 1


HEAVY = ("sympy", "matplotlib", "pytest", "typer", "rich", "watchfiles", "anyio", "IPython", "torch._dynamo")
LOADED = """
import json, sys
from pathlib import Path
from course_attn.grading.catalogue import exercises
from course_attn.learner.examine import examine
solutions, heavy = Path(sys.argv[1]), sys.argv[2:]
found = {}
for name, exercise in exercises().items():
    status = examine(name, solutions / exercise.chapter / f"{name}.py").status
    found[name] = [status, [module for module in heavy if module in sys.modules]]
    heavy = [module for module in heavy if module not in sys.modules]  # blame the first
print(json.dumps(found))
"""


def test_a_first_check_loads_nothing_slow():
    """Each of these costs a learner 0.1 s or more. `torch.autograd.grad` with `grad_outputs` loads sympy."""
    command = [sys.executable, "-c", LOADED, ROOT / "solutions", *HEAVY]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert {name: what for name, what in found.items() if what != ["passed", []]} == {}
