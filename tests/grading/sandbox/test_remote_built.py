"""An object in a worker has the surface of one here, and cannot reach the grader."""

import pytest
import torch

from course_attn.grading.explain import AnswerError
from course_attn.grading.sandbox.remote import WorkerLost
from course_attn.grading.sandbox.remote_built import RemoteBuilt

SOURCE = """import os
import torch

class F(torch.nn.Module):
    def __init__(self, x):
        super().__init__()
        self.w = torch.nn.Parameter(torch.tensor([x, 3.0]))
    def forward(self, x, leave=False):
        print('called')
        return os._exit(0) if leave else x * self.w
    def size(self):
        return len(self.w)
"""


def test_the_same_surface(answer):
    student = answer(SOURCE)
    one, other = student.build(2.0), student.build(5.0)
    assert isinstance(one, RemoteBuilt)
    assert one(torch.ones(2)).tolist() == [2, 3]
    assert student.printed == "called\n"
    assert other.state()["w"].tolist() == [5, 3]
    other.fill({"w": torch.tensor([7.0, 11.0])})
    assert other(torch.ones(2)).tolist() == [7, 11]
    assert one.call("size") == 2
    inputs, parameters = other.gradients([torch.tensor([1.0, 2.0])], torch.ones(2))
    assert inputs[0].tolist() == [7, 11]
    assert parameters["w"].tolist() == [1, 2]


def test_an_object_goes_with_its_worker(answer):
    student = answer(SOURCE)
    built = student.build(2.0)
    with pytest.raises(WorkerLost):
        built(torch.ones(2), True)
    with pytest.raises(AnswerError, match="the object is gone"):
        built(torch.ones(2))
    assert student.build(2.0)(torch.ones(2)).tolist() == [2, 3]
    with pytest.raises(AnswerError, match="the object is gone"):
        built.state()


def test_a_state_that_is_none_ends_the_worker(answer):
    student = answer(SOURCE + "    def state_dict(self):\n        return {'w': print}\n")
    built = student.build(2.0)
    with pytest.raises(AnswerError):
        built.state()
