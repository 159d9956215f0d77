"""What stands between a check and the learner's function or class.

A check sees only `Student`: it calls it with plain tensors and numbers, gets plain tensors and numbers back,
asks it for gradients, and lets it make objects where a class was asked for. Where the answer runs, here or in another
process, is nobody else's business.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from course_attn.grading.built import Built
from course_attn.grading.calling import Called
from course_attn.grading.explain import AnswerError


class Student(Called):
    """The learner's answer, as the checks call it.

    Args:
        function: The learner's function or class.
        name: Its name in messages.
        parameters: Names of its parameters as the exercise gives them; of a class, those it is made with.

    Raises:
        AnswerError: If it cannot take these parameters.
    """

    def __init__(self, function: Callable[..., Any], name: str, parameters: Sequence[str]) -> None:
        super().__init__(function, name, parameters)
        if not __debug__:
            raise AnswerError("Python was started with -O, which leaves out every assert: start it without")
        self._check_signature()

    def build(self, *args: Any) -> Built:
        """An object of the learner's class.

        Raises:
            AnswerError: If the answer is no class, or making the object raises.
        """
        if not inspect.isclass(self.function):
            raise AnswerError(f"{self.name} must be answered with a class, got a function")
        return Built(self.make(args), self.name)

    def _check_signature(self) -> None:
        try:
            signature = inspect.signature(self.function)
        except (TypeError, ValueError):
            return  # some callables have none to look at; calling them will tell
        try:
            signature.bind(*self.parameters)
        except TypeError:
            wanted = ", ".join(self.parameters)
            got = ", ".join(signature.parameters)
            kind = "class" if inspect.isclass(self.function) else "function"
            raise AnswerError(f"the {kind} must take ({wanted}), got ({got})") from None
