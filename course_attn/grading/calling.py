"""Calling what a learner wrote: with copies, its printing caught, its errors explained, gradients by one call."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from course_attn._checks import describe
from course_attn.grading.explain import AnswerError, explain, first_line


class Unusable:
    """Stands for a result that is neither a tensor nor plain data."""

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name

    def __repr__(self) -> str:
        return f"an object of type {self.type_name}"


class Called:
    """Calls a function, method or object with copies and hands back plain data.

    Args:
        function: What is called.
        name: Its name in messages.
        parameters: Names of its parameters.
    """

    def __init__(self, function: Callable[..., Any], name: str, parameters: Sequence[str]) -> None:
        self.function = function
        self.name = name
        self.parameters = list(parameters)
        self.printed = ""

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

    def make(self, args: Sequence[Any]) -> Any:
        """What a class makes of copies of ``args``: the object itself."""
        return self._call([_copy(value) for value in args])

    def vjp(
        self, args: Sequence[Any], cotangent: Tensor, part: int | None = None, parameters: Sequence[Tensor] = ()
    ) -> list[Tensor]:
        """Gradients of ``sum(cotangent * result)``, one for each floating-point tensor in ``args``.

        Args:
            args: Arguments of the function.
            cotangent: A tensor shaped like the result.
            part: Which part of the result, where it returns several.
            parameters: Tensors that the function uses besides its arguments.

        Returns:
            The gradients, of the arguments in their order, then of the parameters; zeros where the result does not
            depend on one.
        """
        with torch.enable_grad():
            leaves = [_copy(value).requires_grad_() if _is_floating(value) else _copy(value) for value in args]
            # A leaf may not be written to; a product may, so that temporaries in place stay allowed.
            result = self._call([leaf * 1 if _is_floating(leaf) else leaf for leaf in leaves])
            if part is not None:
                result = result[part] if isinstance(result, tuple | list) and len(result) > part else None
            result = dense(result) if isinstance(result, Tensor) else result
            if not isinstance(result, Tensor) or result.shape != cotangent.shape:
                raise AnswerError(f"expected a tensor of shape {tuple(cotangent.shape)}, got {describe(result)}")
            if not result.requires_grad:
                raise AnswerError(
                    "no gradient flows back from the result to the arguments: "
                    "a tensor was detached, or rebuilt from numbers (.item(), .tolist(), torch.tensor(...))"
                )
            wanted = [*(leaf for leaf in leaves if _is_floating(leaf)), *parameters]
            try:
                # The sum, not grad_outputs: with those, torch's first gradient loads sympy, a third of a second.
                found = torch.autograd.grad((result * cotangent).sum(), wanted, allow_unused=True)
            except RuntimeError as reason:
                raise AnswerError(f"the gradient cannot be computed: {first_line(reason)}") from None
        return [
            torch.zeros_like(leaf) if gradient is None else gradient
            for leaf, gradient in zip(wanted, found, strict=True)
        ]

    def _call(self, args: list[Any]) -> Any:
        printed = io.StringIO()
        try:
            with _settings_kept(), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                return self.function(*args)
        except KeyboardInterrupt:
            raise
        except BaseException as reason:  # the learner's code may raise anything, SystemExit included
            raise explain(reason, self.function, self.parameters, args) from None
        finally:
            self.printed = printed.getvalue()

    def _check_untouched(self, args: Sequence[Any], given: Sequence[Any]) -> None:
        for name, before, after in zip(self.parameters, args, given, strict=False):
            if not _same(before, after):
                raise AssertionError(
                    f"The function changed its argument `{name}` in place. The caller still needs it: "
                    f"make a new tensor (no `{name} /= ...`, no `{name}.masked_fill_`, no `{name}[...] = `)."
                )


def _same(before: Any, after: Any) -> bool:
    """True when every tensor in ``after`` still holds what ``before`` holds; NaN equals NaN."""
    if isinstance(before, Tensor):
        return before.shape == after.shape and bool(((before == after) | ((before != before) & (after != after))).all())
    if isinstance(before, tuple | list):
        return all(_same(one, other) for one, other in zip(before, after, strict=False))
    return True


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


def _copy(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().clone()
    return type(value)(_copy(part) for part in value) if isinstance(value, tuple | list) else value


def _is_floating(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def dense(tensor: Tensor) -> Tensor:
    """The tensor, if its numbers are all there to be compared.

    Raises:
        AnswerError: If it is sparse, nested, or not on the CPU.
    """
    layout = "nested" if tensor.is_nested else str(tensor.layout).removeprefix("torch.")
    if layout == "strided" and tensor.device.type == "cpu":
        return tensor
    kind = f"a {layout} one" if layout != "strided" else f"one on the device {tensor.device.type}"
    raise AnswerError(f"every result must be a dense tensor on the CPU, got {kind}")


def _plain(value: Any) -> Any:
    """Tensors cut loose from the graph, plain data as it is, everything else as `Unusable`."""
    if isinstance(value, Tensor):
        return dense(value).detach().as_subclass(Tensor).clone()
    if isinstance(value, tuple | list):
        return (
            type(value)(_plain(part) for part in value) if type(value) in (tuple, list) else tuple(map(_plain, value))
        )
    if value is None or type(value) in (bool, int, float, str):
        return value
    return Unusable(type(value).__name__)
