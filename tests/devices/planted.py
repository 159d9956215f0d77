"""Faults of every kind that the tests on another device are there for: each must be found."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn


class HiddenTable(nn.Module):
    """Adds a table that is neither a parameter nor a buffer, and so stays on the CPU when the layer is moved."""

    def __init__(self):
        super().__init__()
        self.table = torch.arange(35.0).view(5, 7)

    def forward(self, x):
        return x + self.table


class MadeOnTheCPU(nn.Module):
    """Makes its mask anew, without a device."""

    def forward(self, x):
        return x.masked_fill(~torch.ones(5, 7, dtype=torch.bool).tril(), 0.0)


class DrawsOnTheCPU(nn.Module):
    """Draws where the input lies, with a generator that is always on the CPU."""

    def forward(self, x):
        return x + torch.randn(x.shape, device=x.device, generator=torch.Generator().manual_seed(0))


class Returns(nn.Module):
    """Gives back a result on the CPU."""

    def forward(self, x):
        return x.cpu()


class ThroughNumpy(nn.Module):
    """Goes through NumPy without a word."""

    def forward(self, x):
        return torch.from_numpy(x.detach().numpy() + 1).to(x.device)


class Backwards(torch.autograd.Function):
    """Right forward; in the derivative a tensor is left on the CPU."""

    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, grad):
        return grad * torch.full((5, 7), 2.0)


class NoChecks(nn.Module):
    """Right, but a second input on another device ends in torch's words."""

    def forward(self, x, other):
        return x + other


class CopiesOver(nn.Module):
    """Takes an input from any device, which costs a copy at every call."""

    def forward(self, x, other):
        return x + other.to(x.device)


class DefaultDevice(nn.Module):
    """Right until the default device is another than the generator's."""

    def forward(self, x):
        return x + torch.randn(5, 7, generator=torch.Generator().manual_seed(0)).to(x)


def _row(make, count=1):
    return lambda b: partial(b.layer(make), *(b.numbers(5, 7) for _ in range(count)))


PLANTED = {
    "planted, a hidden CPU tensor": _row(HiddenTable),
    "planted, a mask made on the CPU": _row(MadeOnTheCPU),
    "planted, a CPU generator": _row(DrawsOnTheCPU),
    "planted, a result on the CPU": _row(Returns),
    "planted, through NumPy": _row(ThroughNumpy),
    "planted, a derivative on the CPU": lambda b: partial(Backwards.apply, b.numbers(5, 7)),
    "planted, no checks": _row(NoChecks, count=2),
    "planted, an input copied over": _row(CopiesOver, count=2),
    "planted, the default device": _row(DefaultDevice),
}
# Which of the tests must find it, and in which words.
FOUND = {
    "planted, a hidden CPU tensor": ("same", "OtherDevice"),
    "planted, a mask made on the CPU": ("same", "OtherDevice"),
    "planted, a CPU generator": ("same", "expected a 'gpu' device type for generator"),
    "planted, a result on the CPU": ("same", "an output lies on cpu"),
    "planted, through NumPy": ("same", "Use Tensor.cpu() first"),
    "planted, a derivative on the CPU": ("same", "OtherDevice"),
    "planted, no checks": ("wrong", "OtherDevice"),
    "planted, an input copied over": ("wrong", "nobody noticed"),
    "planted, the default device": ("default", "expected a 'gpu' device type for generator"),
}
