"""Recording attention weights: those of the forward pass that really ran, with its masks and its inputs."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from course_attn._checks import describe, error


class Records(dict[str, Tensor]):
    """Layer name to weights ``(B, h, N, M)``, those of the latest call; ``calls`` has those of every call in order."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[str, list[Tensor]] = {}


@contextmanager
def record_weights(model: nn.Module) -> Iterator[Records]:
    """Watch every attention layer of a model while it runs.

    ::

        with record_weights(model) as records:
            model(x)
        records["blocks.0.attention"]  # (B, h, N, M)

    Each layer whose ``forward`` takes ``return_weights`` is asked for its weights, and they are taken out again
    before the model sees them: the model's outputs do not change, and nothing is computed a second time. Outside of
    the ``with`` block nothing is left behind, after an error neither.

    Args:
        model: Any module; layers in it may be of any class whose ``forward`` takes ``return_weights`` by keyword.

    Yields:
        :class:`Records`, filled as the model runs. Tensors are detached.

    Raises:
        ValueError: If no layer of the model can return its weights.

    Chapter: Multi-head attention.
    """
    if torch.compiler.is_dynamo_compiling():
        advice = "call it outside of torch.compile"
        raise error("record_weights", "model", "one that runs step by step", "one that is compiled", advice)
    if not isinstance(model, nn.Module):
        raise error("record_weights", "model", "a module with layers that take return_weights", describe(model))
    layers = {name: layer for name, layer in model.named_modules() if _returns_weights(layer)}
    if not layers:
        raise error("record_weights", "model", "a module with layers that take return_weights", type(model).__name__)
    records, handles = Records(), []
    try:
        for name, layer in layers.items():
            watch = _Watch(name, records)
            # First before and last after: other hooks on the layer see what they would see without us.
            handles.append(layer.register_forward_pre_hook(watch.before, with_kwargs=True))
            handles.append(layer.register_forward_hook(watch.after, with_kwargs=True, prepend=True))
        yield records
    finally:
        for handle in handles:
            handle.remove()


class _Watch:
    """Asks one layer for its weights and takes them out of its result."""

    def __init__(self, name: str, records: Records):
        self.name, self.records = name, records
        self.wanted: list[bool] = []  # did the caller ask for the weights too? a stack: layers may call themselves

    def before(self, layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        self.wanted.append(bool(kwargs.get("return_weights", False)))
        return args, {**kwargs, "return_weights": True}

    def after(self, layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
        if not isinstance(result, tuple) or len(result) != 2:
            raise error(
                "record_weights", f"the result of {self.name or 'the model'}", "(output, weights)", describe(result)
            )
        weights = result[1].detach()
        self.records[self.name] = weights
        self.records.calls.setdefault(self.name, []).append(weights)
        return result if self.wanted.pop() else result[0]


def _returns_weights(layer: nn.Module) -> bool:
    parameter = inspect.signature(layer.forward).parameters.get("return_weights")
    return parameter is not None and parameter.kind is inspect.Parameter.KEYWORD_ONLY
