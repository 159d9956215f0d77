"""A learner's own attention inside a real model: put in by one call, compared layer by layer with the model's."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from course_attn._checks import describe, error
from course_attn._numbers import check_numbers
from course_attn.multi_head import Attend, MultiHeadAttention
from course_attn.recording import record_weights


@dataclass(frozen=True)
class Swap:
    """What :func:`swap_attention` found, and the way back.

    Args:
        same: Whether outputs and weights of every layer, and the model's output, are the reference's.
        difference: Largest difference of the model's output.
        parted: Where the two first part, in words; empty if they do not.
        differences: Layer to its largest differences ``(weights, output)``, in the order in which layers run.
        layers: The layers that were swapped, for :meth:`undo`.
    """

    same: bool
    difference: float
    parted: str
    differences: dict[str, tuple[float, float]]
    layers: list[MultiHeadAttention] = field(repr=False)

    def undo(self) -> None:
        """Give the layers their own attention back, however many swaps came before this one."""
        _put(self.layers, None)

    def __str__(self) -> str:
        if self.same:
            return f"the same: {len(self.differences)} layers, outputs apart by at most {self.difference:.1e}"
        return f"not the same: {self.parted}; the model's output is apart by {self.difference:.1e}"


@torch.no_grad()
def swap_attention(model: nn.Module, attend: Attend, *inputs: Tensor, tolerance: float = 1e-4) -> Swap:
    """Let a function of yours do the attention of a model, and compare it on some input.

    ::

        found = swap_attention(load_minilm(), mine, tokens, mask)
        print(found)   # the same: 6 layers, outputs apart by at most 2.1e-06
        found.undo()

    The model runs twice, first with its layers' own attention, then with yours, which stays in place. What an earlier
    call left there is taken out first, so a second try is compared with the model, not with the first try. A layer's
    weights and output are compared; from the first layer that parts, later ones get another input, and part too.

    Args:
        model: Holds :class:`~course_attn.multi_head.MultiHeadAttention` layers; in eval mode.
        attend: ``f(query, key, value, mask) -> (output, weights)`` on ``(B, h, N, d)``, a function or a module.
            The mask is boolean, True = may attend, broadcastable to ``(B, h, N, M)``; or None. Keys and values shared
            by several heads come repeated. A module does not become a part of the model: put it into eval mode, and on
            the model's device, yourself.
        *inputs: What the model is called with.
        tolerance: Allowed difference, times the largest number of the reference where that is above 1. NaN is a
            difference.

    Returns:
        A :class:`Swap`.

    Raises:
        ValueError: If the model has no such layer, is in training mode, or does not return a tensor; if your function
            is none, or returns anything but a pair of the right shapes. The model then has its own attention back.

    Chapter: Multi-head attention.
    """
    if not callable(attend):
        raise error("swap_attention", "attend", "a function or a module", describe(attend))
    layers = [module for module in model.modules() if isinstance(module, MultiHeadAttention)]
    if not layers:
        raise error("swap_attention", "model", "one with MultiHeadAttention layers", type(model).__name__)
    if model.training:
        raise error("swap_attention", "model", "in eval mode", "training mode", "call model.eval()")
    for value in inputs:
        check_numbers("swap_attention", "inputs", value)
    try:
        _put(layers, None)
        reference, reference_trace = _run(model, inputs)
        _put(layers, attend)
        output, trace = _run(model, inputs)
    except BaseException:
        _put(layers, None)
        raise
    differences, parted = {}, ""
    for name, (weights, mixed) in reference_trace.items():
        apart = (_difference(trace[name][0], weights), _difference(trace[name][1], mixed))
        differences[name] = apart
        for what, found, own in (("weights", apart[0], weights), ("output", apart[1], mixed)):
            if not parted and not found <= tolerance * max(1.0, float(own.abs().max())):
                parted = f"{what} of {name}: apart by {found:.1e}"
    difference = _difference(output, reference)
    if not parted and not difference <= tolerance * max(1.0, float(reference.abs().max())):
        parted = f"the layers agree, but the model's output differs by {difference:.1e}"
    return Swap(not parted, difference, parted, differences, layers)


def _put(layers: list[MultiHeadAttention], attend: Attend | None) -> None:
    for layer in layers:
        layer.attend = attend


def _run(model: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, tuple[Tensor, Tensor]]]:
    """The model's output, and each layer's weights and output in the order in which layers ran."""
    outputs: dict[str, Tensor] = {}
    handles = []
    for name, layer in model.named_modules():
        if isinstance(layer, MultiHeadAttention):

            def keep(_layer: nn.Module, _inputs: object, result: Tensor, name: str = name) -> None:
                outputs[name] = result.detach()

            handles.append(layer.register_forward_hook(keep))
    try:
        with record_weights(model) as records:  # its own hook comes first, and takes the weights out of the result
            result = model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    if not isinstance(result, Tensor):
        raise error("swap_attention", "the model's result", "a tensor", describe(result))
    return result, {name: (records[name], output) for name, output in outputs.items()}


def _difference(mine: Tensor, theirs: Tensor) -> float:
    return float((mine - theirs).abs().max())
