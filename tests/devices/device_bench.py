"""Benches for rows, and the tests that each row must pass on a device.

A row takes a :class:`Bench`, which makes the same numbers on whatever device it is asked for, and returns a call that
is ready to run. Three tests follow, on the pretended device and on a real one: the call gives what it gives on the CPU,
forward and backward (:func:`same_as_on_the_cpu`); it also runs where that device is torch's default
(:func:`runs_where_it_is_the_default`); and with any one of its tensors on another device it says so in the course's own
words (:func:`wrong_device_is_named`).
"""

from __future__ import annotations

import re
from contextlib import nullcontext

import torch
from torch import nn
from torch.utils._pytree import tree_flatten, tree_iter, tree_unflatten

HOUSE = re.compile(r"^[\w.]+: .+ must be on .*device,? \S+, got device \S+ \(.+\)$")


class Bench:
    """Makes inputs and layers: the same numbers on every device, drawn on the CPU."""

    def __init__(self, device="cpu", default=False):
        self.device, self.default = torch.device(device), default
        self.generator = torch.Generator().manual_seed(0)
        self.holders = []  # layers, caches and other owners of tensors that a call uses beside its arguments

    def numbers(self, *shape, requires_grad=True):
        numbers = torch.randn(shape, generator=self.generator, device="cpu")
        return numbers.to(self.device).requires_grad_(requires_grad)

    def whole(self, below, *shape):
        return torch.randint(below, shape, generator=self.generator, device="cpu").to(self.device)

    def shares(self, *shape):
        """Rows that sum to 1."""
        return torch.softmax(self.numbers(*shape, requires_grad=False), dim=-1).requires_grad_()

    def mask(self, *shape):
        """A third hidden, and the first query may attend to nobody."""
        mask = torch.rand(shape, generator=self.generator, device="cpu") > 0.3
        mask[..., 0, :] = False
        return mask.to(self.device)

    def layer(self, make):
        """A layer with numbers of its own: at the start, zeros would hide what is multiplied by them."""
        with torch.device(self.device) if self.default else nullcontext():
            torch.manual_seed(0)
            layer = make()
        layer = layer.eval() if self.default else layer.to(self.device).eval()
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter += 0.1 * self.numbers(*parameter.shape, requires_grad=False)
        self.holders.append(layer)
        return layer

    def holds(self, owner):
        self.holders.append(owner)
        return owner


def tensors_in(value):
    return [part for part in tree_iter(value) if isinstance(part, torch.Tensor)]


def evaluate(row, device, default=False):
    """Outputs and gradients of a row's call, all of the outputs on that device."""
    bench = Bench(device, default)
    call = row(bench)
    with torch.device(device) if default else nullcontext():
        result = call()
    outputs = [value for value in tree_iter(result) if value is not None]
    floating = [value for value in tensors_in(outputs) if value.requires_grad]
    for value in tensors_in(outputs):
        if value.device.type != bench.device.type:
            raise AssertionError(f"an output lies on {value.device}, the inputs on {bench.device}")
    leaves = [x for x in tensors_in((call.args, call.keywords)) if x.requires_grad]
    leaves += [p for owner in bench.holders if isinstance(owner, nn.Module) for p in owner.parameters()]
    gradients = ()
    if floating and leaves:
        loss = sum((value.float() ** 2).sum() for value in floating)
        gradients = torch.autograd.grad(loss, leaves, allow_unused=True)
    return outputs, [gradient for gradient in gradients if gradient is not None]


def same_as_on_the_cpu(row, device, rtol=1e-3, atol=1e-4):
    """Forward, and backward where something can be derived."""
    for mine, theirs in zip(evaluate(row, device), evaluate(row, "cpu"), strict=True):
        assert len(mine) == len(theirs)
        for one, other in zip(mine, theirs, strict=True):
            if not isinstance(one, torch.Tensor):
                assert one == other, f"{one} on {device}, {other} on the CPU"
                continue
            torch.testing.assert_close(one.detach().cpu(), other.detach(), rtol=rtol, atol=atol)


def runs_where_it_is_the_default(row, device):
    """Inside of ``with torch.device(device)``, as torch.set_default_device has it: the layer is made there as well."""
    evaluate(row, device, default=True)


def wrong_device_is_named(row, device):
    """Move one tensor after the other to another device; return how many were."""
    moved = 0
    for here, there in ((device, "cpu"), ("cpu", device)):
        places = len(tree_flatten((row(Bench()).args, row(Bench()).keywords))[0])
        for place in range(places):
            bench = Bench(here)
            call = row(bench)
            values, tree = tree_flatten((call.args, call.keywords))
            # A call of one tensor is right on any device.
            partners = [x for x in values if isinstance(x, torch.Tensor)]
            if not isinstance(values[place], torch.Tensor) or len(partners) + len(bench.holders) < 2:
                continue
            values[place] = values[place].detach().to(there)
            args, keywords = tree_unflatten(values, tree)
            try:
                call.func(*args, **keywords)
            except ValueError as problem:
                words = str(problem)
            else:
                raise AssertionError(f"argument {place} on {there}, the others on {here}, and nobody noticed")
            assert HOUSE.match(words), f"not the house's words: {words}"
            moved += 1
    return moved


def part_elsewhere_is_named(part, device):
    """In the course's words, whichever of the two is moved."""
    for here, there in ((device, "cpu"), ("cpu", device)):
        try:
            part(here, there)
        except ValueError as problem:
            words = str(problem)
        else:
            raise AssertionError(f"it lies on {there}, the others on {here}, and nobody noticed")
        assert HOUSE.match(words), f"not the house's words: {words}"
