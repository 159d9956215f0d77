"""What stands between a check and the learner's function.

A check sees only `Student`: it calls it with plain tensors and numbers, gets plain tensors and numbers back, and asks
it for gradients. Where the function runs, here or in another process, is nobody else's business.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import linecache
import re
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from course_attn._checks import describe

TEXT_WIDTH = 160


class AnswerError(Exception):
    """The answer could not be used: it raised, or handed over something that no check can look at."""


class NotAttempted(AnswerError):
    """The answer is still the stub."""


class Unusable:
    """Stands for a result that is neither a tensor nor plain data."""

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name

    def __repr__(self) -> str:
        return f"an object of type {self.type_name}"


class Student:
    """Calls the learner's function with copies and hands back plain data.

    Args:
        function: The learner's function.
        name: Its name in messages.
        parameters: Names of its parameters as the exercise gives them.
    """

    def __init__(self, function: Callable[..., Any], name: str, parameters: Sequence[str]) -> None:
        self.function = function
        self.name = name
        self.parameters = list(parameters)
        self.printed = ""
        self._check_signature()

    def __call__(self, *args: Any) -> Any:
        """The function's result for these arguments.

        Raises:
            NotAttempted: If the function is still the stub.
            AnswerError: If it raises.
            AssertionError: If it wrote into its arguments.
        """
        given = [_copy(value) for value in args]
        result = _plain(self._call(given))
        self._check_untouched(args, given)
        return result

    def vjp(self, args: Sequence[Any], cotangent: Tensor, part: int | None = None) -> list[Tensor | None]:
        """Gradients of ``sum(cotangent * result)`` with respect to each floating tensor in ``args``.

        Args:
            args: Arguments of the function.
            cotangent: A tensor shaped like the result.
            part: Which part of the result, where it returns several.

        Returns:
            One entry for each argument: the gradient, or None where the argument is no floating tensor.
        """
        leaves = [_leaf(value) for value in args]
        with torch.enable_grad():
            # A leaf may not be written to; a copy may, so that temporaries in place stay allowed.
            result = self._call([leaf * 1 if _wants_gradient(leaf) else leaf for leaf in leaves])
            if part is not None:
                result = result[part] if isinstance(result, tuple | list) and len(result) > part else None
            wanted = [leaf for leaf in leaves if _wants_gradient(leaf)]
            if not isinstance(result, Tensor) or result.shape != cotangent.shape:
                raise AnswerError(f"expected a tensor of shape {tuple(cotangent.shape)}, got {describe(result)}")
            if not result.requires_grad:
                raise AnswerError(
                    "no gradient flows back from the result to the arguments: "
                    "somewhere a tensor was rebuilt from numbers (.item(), .tolist(), torch.tensor(...)) or detached"
                )
            try:
                found = iter(torch.autograd.grad(result, wanted, cotangent, allow_unused=True))
            except RuntimeError as reason:
                raise AnswerError(f"the gradient cannot be computed: {_first_line(reason)}") from None
        return [_filled(leaf, next(found)) if _wants_gradient(leaf) else None for leaf in leaves]

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
            raise AnswerError(f"the function must take ({wanted}), got ({got})") from None

    def _call(self, args: list[Any]) -> Any:
        printed = io.StringIO()
        try:
            with _settings_kept(), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                return self.function(*args)
        except KeyboardInterrupt:
            raise
        except BaseException as reason:  # the learner's code may raise anything, SystemExit included
            raise self._explained(reason, args) from None
        finally:
            self.printed = printed.getvalue()

    def _explained(self, reason: BaseException, args: list[Any]) -> AnswerError:
        number, line = _own_line(reason, self.function)
        if isinstance(reason, NotImplementedError) and (not str(reason) or "NotImplementedError" in line):
            return NotAttempted(f"line {number} is still `{line}`")
        where = f"\nline {number}: {line}" if line else ""
        if isinstance(reason, RecursionError):
            return AnswerError(f"the function calls itself without end{where}")
        if isinstance(reason, SystemExit):
            return AnswerError(f"the function ends the program (exit); let it return its result{where}")
        called = ", ".join(f"{name} {_brief(value)}" for name, value in zip(self.parameters, args, strict=False))
        called = f"\ncalled with {called}" if called else ""
        return AnswerError(f"it raised {type(reason).__name__}: {_first_line(reason)}{where}{called}{_advice(reason, line, args)}")

    def _check_untouched(self, args: Sequence[Any], given: Sequence[Any]) -> None:
        for name, before, after in zip(self.parameters, args, given, strict=False):
            if isinstance(before, Tensor) and not _same(before, after):
                raise AssertionError(
                    f"The function changed its argument `{name}` in place. The caller still needs it: "
                    f"work on a new tensor (no `{name} /= ...`, no `{name}.masked_fill_`, no `{name}[...] = ...`)."
                )


def _same(before: Tensor, after: Tensor) -> bool:
    return before.shape == after.shape and torch.equal(torch.nan_to_num(before), torch.nan_to_num(after))


@contextlib.contextmanager
def _settings_kept() -> Iterator[None]:
    """Torch's global settings and the warning filters survive whatever the learner's code sets."""
    dtype, gradients, generator = torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_rng_state()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(gradients)
            torch.set_rng_state(generator)


def _own_line(reason: BaseException, function: Callable[..., Any]) -> tuple[int, str]:
    """Number and text of the learner's own line that raised, or (0, '')."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    own = [frame for frame in traceback.extract_tb(reason.__traceback__) if code and frame.filename == code.co_filename]
    if not own:
        return 0, ""
    number = own[-1].lineno or 0
    return number, (linecache.getline(own[-1].filename, number) or own[-1].line or "").strip()


def _advice(reason: BaseException, line: str, args: list[Any]) -> str:
    """A sentence on the usual cause, where the error or the line has one."""
    text = str(reason)
    batched = any(isinstance(value, Tensor) and value.dim() > 2 for value in args)
    if batched and re.search(r"\.T\b|\.t\(\)", line):
        return "\n`.T` turns around all axes of a batch; `.transpose(-2, -1)` swaps only the last two."
    if any(part in text for part in ("cannot be multiplied", "Expected size for first two", "must match the size of tensor b")):
        return "\nThe sizes do not fit: are the last two axes (`.transpose(-2, -1)`) where the operation wants them?"
    if "without overflow" in text:
        return "\nThat number does not fit into half precision: use float('-inf') and treat the dead rows apart."
    return ""


def _first_line(reason: BaseException) -> str:
    lines = str(reason).strip().splitlines() or [""]
    return lines[0] if len(lines[0]) <= TEXT_WIDTH else lines[0][: TEXT_WIDTH - 3] + "..."


def _brief(value: Any) -> str:
    return str(tuple(value.shape)) if isinstance(value, Tensor) else describe(value)


def _copy(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().clone()
    return type(value)(_copy(part) for part in value) if isinstance(value, tuple | list) else value


def _wants_gradient(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _leaf(value: Any) -> Any:
    return _copy(value).requires_grad_() if _wants_gradient(value) else _copy(value)


def _filled(leaf: Tensor, gradient: Tensor | None) -> Tensor:
    return torch.zeros_like(leaf) if gradient is None else gradient.detach()


def _plain(value: Any) -> Any:
    """Tensors cut loose from the graph, plain data as it is, everything else as `Unusable`."""
    if isinstance(value, Tensor):
        return value.detach().as_subclass(Tensor).clone()
    if isinstance(value, tuple | list):
        return type(value)(_plain(part) for part in value) if type(value) in (tuple, list) else tuple(map(_plain, value))
    if value is None or type(value) in (bool, int, float, str):
        return value
    return Unusable(type(value).__name__)
