"""One check of one file, told as plain data."""

import pytest
import torch

from course_attn.grading import catalogue
from course_attn.learner import examine

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
