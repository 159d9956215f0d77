"""An object made from the learner's class: called, filled with parameters, asked for gradients.

`Student.build` makes one. In the grader a worker holds it and `RemoteBuilt` has the same surface.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from course_attn.grading.calling import Called, dense
from course_attn.grading.explain import AnswerError

State = dict[str, Tensor]


class Built(Called):
    """An object of the learner's class.

    Args:
        made: The object.
        name: The name of the exercise, for messages.
    """

    def __init__(self, made: Any, name: str) -> None:
        self.made = made
        super().__init__(made, name, _parameters(made))

    def call(self, method: str, *args: Any) -> Any:
        """The result of one of its methods.

        Raises:
            AnswerError: If it has no such method, or the method raises.
        """
        function = getattr(self.made, method, None)
        if method.startswith("_") or not callable(function):
            raise AnswerError(f"{type(self.made).__name__} must have a method {method}, got none")
        called = Called(function, method, _parameters(function))
        try:
            return called(*args)
        finally:
            self.printed = called.printed

    def state(self) -> State:
        """Copies of its parameters and buffers, by name."""
        return {name: dense(value).detach().clone() for name, value in self._module().state_dict().items()}

    def fill(self, state: Mapping[str, Tensor]) -> None:
        """Fill its parameters and buffers.

        Raises:
            AnswerError: If names or shapes are not those it has; the text lists both.
        """
        own = self._module().state_dict()
        wanted, got = _shapes(state), _shapes(own)
        if wanted != got:
            raise AnswerError(f"the parameters must be {_words(wanted)}, got {_words(got)}")
        self.made.load_state_dict(dict(state))

    def gradients(
        self, args: Sequence[Any], cotangent: Tensor, part: int | None = None
    ) -> tuple[list[Tensor], State]:
        """As `vjp`, with the gradients of the parameters by name beside those of the arguments."""
        parameters = {name: value for name, value in self._module().named_parameters() if value.requires_grad}
        found = self.vjp(args, cotangent, part, list(parameters.values()))
        inputs = len(found) - len(parameters)
        return found[:inputs], dict(zip(parameters, found[inputs:], strict=True))

    def _module(self) -> torch.nn.Module:
        if not isinstance(self.made, torch.nn.Module):
            raise AnswerError(f"{type(self.made).__name__} must be a torch.nn.Module, and call super().__init__()")
        return self.made


def _parameters(function: Any) -> list[str]:
    """The names of what a callable takes; of a module, what its forward does."""
    function = function.forward if isinstance(function, torch.nn.Module) else function
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def _shapes(state: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in sorted(state.items())}


def _words(shapes: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "none"
