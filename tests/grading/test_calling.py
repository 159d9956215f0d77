"""What every call of a learner's code goes through, here without a signature to keep to."""

import pytest
import torch

from course_attn.grading.calling import Called, Unusable
from course_attn.grading.explain import AnswerError


def test_a_class_makes_its_object_from_copies():
    given = torch.zeros(2)
    made = Called(lambda x: {"x": x.add_(1)}, "f", ["x"]).make([given])
    assert made["x"].tolist() == [1, 1]
    assert given.tolist() == [0, 0]


def test_gradients_of_what_is_used_besides_the_arguments():
    used, unused = torch.tensor([3.0], requires_grad=True), torch.tensor([5.0], requires_grad=True)
    called = Called(lambda x: x * used, "f", ["x"])
    to_x, to_used, to_unused = called.vjp([torch.tensor([2.0])], torch.tensor([7.0]), None, [used, unused])
    assert (to_x.item(), to_used.item(), to_unused.item()) == (21, 14, 0)


def test_printing_is_caught_and_errors_are_explained(capsys):
    def fails(x):
        print("here")
        raise KeyError(x)

    called = Called(fails, "fails", ["x"])
    with pytest.raises(AnswerError, match="KeyError"):
        called(3)
    assert called.printed == "here\n"
    assert capsys.readouterr().out == ""


def test_what_is_no_plain_data_is_named():
    assert repr(Called(lambda: object(), "f", [])()) == repr(Unusable("object")) == "an object of type object"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda x: x.to_sparse(), "a sparse_coo one"),
        (lambda x: x.to("meta"), "one on the device meta"),
        (lambda x: torch.nested.nested_tensor([x[0], x[1, :2]], layout=torch.jagged), "a nested one"),
    ],
    ids=["sparse", "meta", "nested"],
)
def test_a_tensor_without_its_numbers_is_refused_in_plain_words(change, kind):
    x = torch.ones(2, 3)
    called = Called(change, "f", ["x"])
    text = f"every result must be a dense tensor on the CPU, got {kind}"
    for ask in (lambda: called(x), lambda: called.vjp([x], x), lambda: Called(lambda x: (1, [change(x)]), "f", [])(x)):
        with pytest.raises(AnswerError, match=f"^{text}$"):
            ask()
