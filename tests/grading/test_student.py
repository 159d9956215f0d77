"""The stand-in for the learner's function: copies in, plain data out, every accident turned into a short error."""

import warnings
from collections import namedtuple

import pytest
import torch
from torch.testing import assert_close

from course_attn.grading.calling import Unusable
from course_attn.grading.explain import AnswerError
from course_attn.grading.student import Student


def student_of(function, *parameters):
    return Student(function, "answer", parameters)


def test_calls_with_copies_and_returns_a_detached_tensor():
    query = torch.ones(2, 3, requires_grad=True)
    seen = []
    result = student_of(lambda query: seen.append(query) or query * 2, "query")(query)
    assert seen[0] is not query
    assert not result.requires_grad
    assert_close(result, torch.full((2, 3), 2.0))


def test_writing_into_an_argument_is_told():
    with pytest.raises(AssertionError, match="changed its argument `query` in place"):
        student_of(lambda query: query.mul_(2), "query")(torch.ones(2))


def test_writing_into_a_tensor_inside_a_list_is_told():
    with pytest.raises(AssertionError, match="changed its argument `pairs` in place"):
        student_of(lambda pairs: pairs[0][1].zero_(), "pairs")([(torch.ones(2), torch.ones(2))])


def test_nan_in_an_argument_is_not_a_change():
    student_of(lambda scores: scores + 1, "scores")(torch.tensor([float("nan"), 1.0]))


def test_turning_nan_into_zero_is_a_change():
    with pytest.raises(AssertionError, match="in place"):
        student_of(lambda scores: scores.nan_to_num_(0.0), "scores")(torch.tensor([float("nan"), 1.0]))


def test_writing_into_a_new_tensor_is_allowed_even_for_gradients():
    def answer(query):
        doubled = query * 2
        doubled += 1
        return doubled

    (gradient,) = student_of(answer, "query").vjp([torch.ones(3)], torch.tensor([1.0, 2.0, 3.0]))
    assert_close(gradient, torch.tensor([2.0, 4.0, 6.0]))


def test_vjp_gives_one_gradient_for_each_floating_tensor():
    def answer(query, mask, value):
        return query * mask

    found = student_of(answer, "query", "mask", "value").vjp(
        [torch.ones(2), torch.tensor([True, False]), torch.ones(5)], torch.ones(2)
    )
    assert_close(found, [torch.tensor([1.0, 0.0]), torch.zeros(5)])


def test_vjp_of_one_part():
    (gradient,) = student_of(lambda x: (x, x**2), "x").vjp([torch.tensor([3.0])], torch.ones(1), part=1)
    assert_close(gradient, torch.tensor([6.0]))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x: x.detach(), "no gradient flows back"),
        (lambda x: torch.tensor(x.tolist()), "no gradient flows back"),
        (lambda x: x.sum(), r"expected a tensor of shape \(2,\), got shape \(\)"),
        (lambda x: 3, "expected a tensor of shape"),
        (lambda x: x.exp().mul_(2) * 1, "the gradient cannot be computed"),
    ],
)
def test_vjp_that_cannot_be(answer, message):
    with pytest.raises(AnswerError, match=message):
        student_of(answer, "x").vjp([torch.ones(2)], torch.ones(2))


def test_vjp_works_after_the_answer_switched_gradients_off_elsewhere():
    with torch.no_grad():
        (gradient,) = student_of(lambda x: 3 * x, "x").vjp([torch.ones(2)], torch.ones(2))
    assert_close(gradient, torch.full((2,), 3.0))


@pytest.mark.parametrize(
    ("function", "got"),
    [(lambda query: 0, "(query)"), (lambda: 0, "()"), (lambda query, key, value: 0, "(query, key, value)")],
)
def test_wrong_signature(function, got):
    with pytest.raises(AnswerError) as caught:
        student_of(function, "query", "key")
    assert str(caught.value) == f"the function must take (query, key), got {got}"


@pytest.mark.parametrize("function", [lambda q, k: 0, lambda *a: 0, lambda query, key, scale=None: 0])
def test_signature_that_can_be_called(function):
    student_of(function, "query", "key")


def test_results_become_plain_data():
    class Tagged(torch.Tensor):
        pass

    Pair = namedtuple("Pair", "output weights")
    found = student_of(lambda: Pair(torch.ones(2).as_subclass(Tagged), [1, {2}]))()
    assert type(found) is tuple
    assert type(found[0]) is torch.Tensor
    assert isinstance(found[1][1], Unusable)
    assert repr(found[1][1]) == "an object of type set"


def test_printing_is_kept_apart(capsys):
    student = student_of(lambda: print("scores", 3))
    student()
    assert student.printed == "scores 3\n"
    assert capsys.readouterr().out == ""


def test_settings_of_torch_survive():
    def answer():
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.manual_seed(3)
        warnings.warn("noise", stacklevel=1)

    before = torch.get_rng_state()
    student_of(answer)()
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()
    assert_close(torch.get_rng_state(), before)


def test_keyboard_interrupt_passes():
    def answer():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        student_of(answer)()
