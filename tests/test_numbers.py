"""Checks of numbers, and the words of calls that cannot go without them."""

import pytest
import torch
from torch.fx.experimental.symbolic_shapes import ShapeEnv

from course_attn import _numbers as numbers

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.:DeprecationWarning")
HERE, ELSEWHERE = torch.ones(1), torch.ones(1, device="meta")  # only their devices are looked at


def text(check, *arguments, **named):
    with pytest.raises(ValueError, match="must be") as problem:
        check("here", *arguments, **named)
    return str(problem.value)


def test_rows():
    for rows in ([0], [4, 4, 0], [3, 2, 1, 0, 4, 4]):
        numbers.check_rows("here", torch.tensor(rows), 5, HERE)
    for rows in (torch.tensor([0.0]), torch.tensor([0], dtype=torch.int32), torch.tensor([[0]]), [0]):
        assert text(numbers.check_rows, rows, 5, HERE).startswith(
            "here: rows must be int64 numbers of shape (B,), got "
        )
    assert text(numbers.check_rows, torch.tensor([], dtype=torch.long), 5, HERE).endswith("got shape (0,), int64")
    assert text(numbers.check_rows, torch.tensor([0]), 5, ELSEWHERE) == (
        "here: rows must be on the batch's device, meta, got device cpu (move one: rows.to(...))"
    )
    assert text(numbers.check_rows, torch.tensor([0, 5]), 5, HERE) == "here: rows must be from 0 to 4, got 0 to 5"
    assert text(numbers.check_rows, torch.tensor([-1, 2]), 5, HERE) == "here: rows must be from 0 to 4, got -1 to 2"


def test_tokens():
    numbers.check_tokens("here", "tokens", torch.tensor([[0, 12, 5]]), 13, HERE)
    for tokens in (torch.tensor([[0.0]]), torch.tensor([[0]], dtype=torch.int32), torch.tensor([0]), [[0]]):
        message = text(numbers.check_tokens, "source", tokens, 13, HERE)
        assert message.startswith("here: source must be int64 numbers of shape (B, N), got ")
    assert text(numbers.check_tokens, "source", torch.zeros(2, 0, dtype=torch.long), 13, HERE).endswith(
        "got shape (2, 0), int64"
    )
    assert text(numbers.check_tokens, "source", torch.tensor([[1]]), 13, ELSEWHERE) == (
        "here: source must be on the layer's device, meta, got device cpu (move one: source.to(...))"
    )
    numbers.check_tokens("here", "tokens", torch.tensor([[1]]), 13, None)  # to be read as text, on any device
    assert text(numbers.check_tokens, "source", torch.tensor([[1, 13]]), 13, HERE) == (
        "here: source must be from 0 to 12, got 1 to 13"
    )
    assert text(numbers.check_tokens, "source", torch.tensor([[-1, 3]]), 13, HERE) == (
        "here: source must be from 0 to 12, got -1 to 3"
    )


def traced(call):
    torch.jit.trace(call, torch.ones(3), check_trace=False)


def mapped(call):
    torch.func.vmap(call)(torch.ones(2, 3))


def derived(call):
    torch.func.grad(lambda x: call(x).sum())(torch.ones(3))


def derived_and_mapped(call):
    torch.func.vmap(torch.func.grad(lambda x: call(x).sum()))(torch.ones(2, 3))


def test_a_call_that_goes_by_numbers():
    numbers.check_numbers("here", "x", torch.ones(3))
    numbers.check_numbers("here", "x", None)
    assert text(numbers.check_numbers, "x", torch.ones(3, device="meta")) == (
        "here: x must be a tensor whose numbers can be read, got one that is compiled, exported, traced or mapped, or "
        "has none (call it outside of torch.compile, export, jit.trace, vmap, FakeTensorMode and meta)"
    )


def test_a_call_that_keeps_something():
    numbers.check_kept("here", "x", torch.ones(3, device="meta"))  # a cache without numbers has its sizes
    wanted = (
        "here: x must be a tensor that the next call can find again, got one that is exported, traced or mapped (call "
        "it outside of torch.export, jit.trace and vmap)"
    )
    for transform in (traced, mapped, derived_and_mapped):
        said = []
        transform(lambda x, said=said: said.append(text(numbers.check_kept, "x", x)) or x)
        assert said == [wanted]


def test_a_call_that_derives():
    numbers.check_derivable("here", "x", torch.ones(3, device="meta"))
    wanted = (
        "here: x must be a tensor to derive by, got one that is compiled, exported, traced, mapped or derived (call it "
        "outside of torch.compile, export, jit.trace and torch.func)"
    )
    for transform in (traced, mapped, derived):
        said = []
        transform(lambda x, said=said: said.append(text(numbers.check_derivable, "x", x)) or x)
        assert said == [wanted]


def test_a_length_that_is_rounded():
    numbers.check_untraced("here", "x")
    said = []
    traced(lambda x: said.append(text(numbers.check_untraced, "x")) or x)
    assert said == [
        "here: x must be of a length that stays, got one that is traced (call it outside of torch.jit.trace; "
        "torch.export takes any length)"
    ]


def test_a_length_that_is_gone_through_step_by_step():
    numbers.check_steps("here", "x", 5)
    assert text(numbers.check_steps, "x", ShapeEnv().create_unbacked_symint()) == (
        "here: x must be of a length that stays, got one of dynamic length (call it with that axis fixed: it goes step "
        "by step)"
    )
