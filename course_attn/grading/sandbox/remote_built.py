"""The grader's side of an object that a worker has made from the learner's class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from torch import Tensor

from course_attn.grading.built import State
from course_attn.grading.explain import AnswerError


class Holder(Protocol):
    """What an object needs of the student whose worker holds it."""

    pipe: Any
    started: int

    def ask(self, method: str, args: list[Any], number: int | None = None, **options: Any) -> Any:
        """What a method gives in the worker."""

    def tensors(self, found: Any) -> list[Tensor]:
        """A list of tensors and nothing else."""


class RemoteBuilt:
    """The surface of `Built`; the object itself is in the worker, known by its number.

    Args:
        student: Whose worker holds it.
        number: Which of the worker's objects it is.
    """

    def __init__(self, student: Holder, number: int) -> None:
        self.student, self.number, self.worker = student, number, student.started

    def __call__(self, *args: Any) -> Any:
        """The result of calling the object."""
        return self._ask("__call__", list(args))

    def call(self, method: str, *args: Any) -> Any:
        """The result of one of its methods."""
        return self._ask("call", [method, *args])

    def state(self) -> State:
        """Its parameters and buffers by name, copied here."""
        return self._named(self._ask("state", []))

    def fill(self, state: Mapping[str, Tensor]) -> None:
        """Fill its parameters and buffers with copies."""
        self._ask("fill", [dict(state)])

    def gradients(
        self, args: Sequence[Any], cotangent: Tensor, part: int | None = None
    ) -> tuple[list[Tensor], State]:
        """Gradients of arguments and of parameters, computed in the worker and compared here."""
        found = self._ask("gradients", [list(args), cotangent], part=part)
        inputs, parameters = found if type(found) is tuple and len(found) == 2 else (None, None)
        return self.student.tensors(inputs), self._named(parameters)

    def _named(self, found: Any) -> State:
        """Tensors by name, or the end of the worker that handed over something else."""
        self.student.tensors(list(found.values()) if type(found) is dict else None)
        return dict(found)

    def _ask(self, method: str, args: list[Any], **options: Any) -> Any:
        if self.student.pipe is None or self.worker != self.student.started:
            raise AnswerError("the object is gone: the worker that held it was given up")
        return self.student.ask(method, args, self.number, **options)
