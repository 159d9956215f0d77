"""Tensors of a file on their way into a model: each is taken once, in the wanted shape, and none may be left over.

A loader that skips what it does not know, or what is not there, gives a model that runs and is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from course_attn._checks import describe, error

Model = TypeVar("Model", bound=nn.Module)


class _NoDraws(TorchFunctionMode):
    """Leaves out the draws of a linear layer's or a convolution's fresh weights."""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if function is nn.init.kaiming_uniform_:  # nothing else: some draws are repeated until they fit
            return None
        return function(*args, **(kwargs or {}))


def unfilled(make: Callable[[], Model]) -> Model:
    """Build a model whose weights a file is about to replace, without drawing fresh ones: a third of SmolLM2's loading.

    torch's own way, the device "meta", imports its symbolic mathematics first, which takes longer than the draws.

    Args:
        make: Called without arguments, returns the model.

    Returns:
        The model; weights of linear layers and convolutions are whatever the memory held.

    Chapter: Transformer.
    """
    with _NoDraws():
        return make()


class Weights:
    """The tensors of a file, by name, each to be taken once.

    Args:
        where: Whose weights these are; the first words of every error.
        tensors: Name to tensor.

    Chapter: The Transformer.
    """

    def __init__(self, where: str, tensors: dict[str, Tensor]):
        self.where = where
        self._left = dict(tensors)

    def take(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """Return a tensor in float32 and cross it off.

        Raises:
            ValueError: If it is not there (any more) or has another shape.
        """
        if name not in self._left:
            raise error(self.where, f"tensor {name}", "in the file, once", "no such tensor")
        tensor = self._left.pop(name)
        if tuple(tensor.shape) != shape:
            raise error(self.where, f"tensor {name}", f"of shape {shape}", describe(tensor))
        return tensor.float()

    @torch.no_grad()
    def fill(self, parameter: Tensor | None, name: str) -> None:
        """Take a tensor of the parameter's shape and copy it there."""
        if parameter is None:
            raise error(self.where, f"a place for {name}", "a parameter", "None")
        parameter.copy_(self.take(name, tuple(parameter.shape)))

    def fill_layer(self, layer: nn.Module, name: str) -> None:
        """Fill ``weight``, and ``bias`` if the layer has one, from ``name.weight`` and ``name.bias``."""
        for kind in ("weight", "bias"):
            parameter = getattr(layer, kind, None)
            if isinstance(parameter, Tensor):
                self.fill(parameter, f"{name}.{kind}")

    def pair(self, name: str, d_out: int, d_in: int) -> tuple[Tensor, Tensor]:
        """Take the weight ``(d_out, d_in)`` and bias ``(d_out,)`` of a linear layer."""
        return self.take(f"{name}.weight", (d_out, d_in)), self.take(f"{name}.bias", (d_out,))

    def leave(self, *names: str) -> None:
        """Cross off tensors that the model has no use for."""
        for name in names:
            self._left.pop(name, None)

    def finish(self) -> None:
        """Check that everything was used.

        Raises:
            ValueError: If a tensor is left: the model would lack it.
        """
        if self._left:
            raise error(self.where, "every tensor", "used", f"{len(self._left)} left over, such as {min(self._left)}")


def check_text(where: str, name: str, text: str) -> None:
    """Require a text that can be written as bytes: half of a character's pair, such as ``"\\ud800"``, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError as problem:
        got = f"{text[problem.start]!r} at place {problem.start}"
        raise error(where, name, "text that UTF-8 can hold", got, "half of a character") from None


def import_tokenizers() -> Any:
    """Return the library that reads a model's vocabulary, the only one that the package does not bring along.

    Raises:
        ModuleNotFoundError: If it is not installed; the message has the command that installs it.
    """
    try:
        import tokenizers
    except ModuleNotFoundError as problem:
        if problem.name != "tokenizers":
            raise  # it is there, and lacks something itself
        raise ModuleNotFoundError(
            "the pretrained models need tokenizers to read their vocabulary: pip install tokenizers", name=problem.name
        ) from problem
    return tokenizers
