"""Objects of a learner's class, in this process."""

import pytest
import torch

from course_attn.grading.built import Built
from course_attn.grading.explain import AnswerError, NotAttempted
from course_attn.grading.student import Student


class Scale(torch.nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor)))
        self.register_buffer("shift", torch.zeros(()))

    def forward(self, x):
        print("forward")
        return x * self.factor + self.shift

    def twice(self, x):
        return self(self(x))

    def spoil(self, x):
        return x.zero_()

    def later(self):
        raise NotImplementedError


@pytest.fixture
def student():
    return Student(Scale, "scale", ["factor"])


def test_calls_methods_and_parameters(student):
    built = student.build(3)
    assert built(torch.tensor(2.0)).item() == 6
    assert built.printed == "forward\n"
    assert built.call("twice", torch.tensor(2.0)).item() == 18
    assert {name: value.item() for name, value in built.state().items()} == {"factor": 3, "shift": 0}
    built.fill({"factor": torch.tensor(5.0), "shift": torch.tensor(1.0)})
    assert built(torch.tensor(2.0)).item() == 11


def test_gradients_of_arguments_and_parameters(student):
    (to_x,), to_parameters = student.build(3).gradients([torch.tensor([2.0, 7.0])], torch.tensor([1.0, 10.0]))
    assert to_x.tolist() == [3, 30]
    assert {name: value.item() for name, value in to_parameters.items()} == {"factor": 72}


def test_what_is_wrong_is_said(student):
    built = student.build(3)
    with pytest.raises(AnswerError, match=r"must be factor \(2,\), got factor \(\), shift \(\)"):
        built.fill({"factor": torch.ones(2)})
    with pytest.raises(AnswerError, match="must have a method forwards, got none"):
        built.call("forwards")
    with pytest.raises(AnswerError, match="must have a method __init__"):
        built.call("__init__", 5)
    with pytest.raises(AssertionError, match="changed its argument `x` in place"):
        built.call("spoil", torch.ones(2))
    with pytest.raises(NotAttempted):
        built.call("later")
    with pytest.raises(AnswerError, match="must be a dense tensor on the CPU, got one on the device meta"):
        Built(torch.nn.Linear(2, 3, device="meta"), "linear").state()
    with pytest.raises(AnswerError, match=r"the class must take \(a, b\), got \(factor\)"):
        Student(Scale, "scale", ["a", "b"])
    with pytest.raises(AnswerError, match="answered with a class, got a function"):
        Student(lambda x: x, "f", ["x"]).build(1)


def test_an_error_shows_the_line_of_the_class(student):
    with pytest.raises(AnswerError, match=r"line \d+: self.factor = torch.nn.Parameter"):
        student.build("three")
    with pytest.raises(AnswerError, match=r"line \d+: return x \* self.factor"):
        student.build(3)("x")
