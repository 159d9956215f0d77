"""From exceptions to help."""

import sys

import pytest
import torch

from course_attn.grading.explain import AnswerError, NotAttempted
from course_attn.grading.student import Student


def message(function, *args, parameters=("query", "key")):
    """What a learner is told when the function is called with these arguments."""
    with pytest.raises(AnswerError) as caught:
        Student(function, "answer", parameters[: len(args)])(*args)
    return str(caught.value)


def test_stub_is_not_attempted():
    def answer():
        raise NotImplementedError

    with pytest.raises(NotAttempted, match=r"line \d+ is still `raise NotImplementedError`"):
        Student(answer, "answer", [])()


def test_torch_may_raise_not_implemented_too():
    def answer(query):
        raise NotImplementedError('"softmax" not implemented for Half')

    def through_torch(query):
        failure = NotImplementedError('"softmax" not implemented for Half')
        raise failure

    assert "it raised NotImplementedError" in message(through_torch, torch.ones(2))
    with pytest.raises(NotAttempted):  # the learner's own line says so
        Student(answer, "answer", ["query"])(torch.ones(2))


def test_own_line_shapes_and_advice():
    def answer(query, key):
        return query @ key

    text = message(answer, torch.ones(3, 7), torch.ones(5, 7))
    assert text.splitlines()[0].startswith("it raised RuntimeError: mat1 and mat2 shapes cannot be multiplied")
    assert ": return query @ key" in text.splitlines()[1]
    assert text.splitlines()[2] == "called with query (3, 7), key (5, 7)"
    assert text.splitlines()[3].startswith("The sizes do not fit")


def test_own_line_even_when_the_error_comes_from_below():
    def answer(query):
        return torch.nn.functional.softmax(query, dim=5)

    assert ": return torch.nn.functional.softmax(query, dim=5)" in message(answer, torch.ones(2))


def test_transposing_all_axes():
    def answer(query, key):
        return query @ key.T

    text = message(answer, torch.ones(2, 3, 5, 11), torch.ones(2, 3, 7, 11))
    assert "`.T` turns around all axes of a batch" in text


def test_shapes_that_do_not_broadcast():
    def answer(x, gates):
        return x * gates

    text = message(answer, torch.ones(1, 3, 5, 7), torch.ones(1, 3))
    assert "lined up from their last axes" in text
    assert "(`.transpose(-2, -1)`)" not in text


def test_a_tuple_of_sizes_is_shown():
    def answer(table, grid):
        return table[grid]

    assert "key tuple (5, 7)" in message(answer, torch.ones(2, 3), (5, 7))


def test_a_missing_import_is_named():
    def answer(query):
        return math.sqrt(query)  # noqa: F821

    def other(query):
        return quary  # noqa: F821

    assert message(answer, 2.0).endswith("\nWrite `import math` at the top.")
    assert "import" not in message(other, 2.0)


def test_half_precision_literal():
    def answer(query):
        return query.masked_fill(torch.tensor(True), -1e20)

    assert "does not fit into half precision" in message(answer, torch.ones(2, dtype=torch.float16))


@pytest.mark.parametrize("made", [torch.zeros(3), torch.arange(3)])
@pytest.mark.parametrize("wanted", ["query @ made", "made @ query", "(query @ query) @ made[:, None]"])
def test_a_tensor_of_another_dtype(made, wanted):
    def answer(number, query):
        return eval(wanted, {"made": made, "query": query})

    text = message(answer, 2, torch.ones(3, 3, dtype=torch.float64), parameters=("number", "query"))
    assert text.endswith("whatever that of `query` is. Give it to them: `dtype=query.dtype`.")


def test_dtypes_are_not_blamed_where_no_argument_has_one():
    def answer(query):
        return torch.zeros(3, 3) @ query

    assert "Two dtypes" not in message(answer, torch.arange(3))


def test_endless_recursion():
    def answer(query):
        return answer(query)

    assert "calls itself without end" in message(answer, torch.ones(2))


def test_exit():
    def answer(query):
        sys.exit(0)

    assert "ends the program" in message(answer, torch.ones(2))


def test_long_texts_are_cut():
    def answer(query):
        raise ValueError("x" * 1000 + "\n" + "second " + "line")

    assert len(message(answer, torch.ones(2)).splitlines()[0]) < 200
    assert "second line" not in message(answer, torch.ones(2))


def test_arguments_that_are_not_tensors():
    def answer(query, key):
        return query + key

    text = message(answer, [1, 2], 3)
    assert "called with query of 2 parts, key int 3" in text
