"""Whether a tensor's numbers can be read, and sizes that may be no numbers: what torch's transformations leave of both.

Eager code may ask a tensor anything. A graph that is being recorded must not, since it would keep the answer.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor


def numbers_can_be_read(*tensors: Tensor) -> bool:
    """Whether the tensors' numbers may be looked at, so that Python can decide by them.

    Not while a graph is recorded (compile, export, trace), which would keep the answer for all later inputs; nor where
    there are none (device "meta", FakeTensorMode), or many (vmap).
    """
    if torch.compiler.is_compiling() or is_tracing() or _recording_mode():
        return False
    return not any(x.is_meta or isinstance(x, FakeTensor) or is_mapped(x) for x in tensors)


def is_tracing() -> bool:
    """Whether ``torch.jit.trace`` records."""
    return bool(torch.jit.is_tracing())  # type: ignore[attr-defined]


def _recording_mode() -> bool:
    """Whether FakeTensorMode or make_fx sees every operation. Most often nobody does: one short question."""
    if not torch._C._len_torch_dispatch_stack():
        return False
    modes = torch._C._TorchDispatchModeKey
    return any(torch._C._get_dispatch_mode(key) is not None for key in (modes.FAKE, modes.PROXY))


def is_mapped(x: Tensor) -> bool:
    """Whether a tensor of torch.func stands for many: vmap's, or a derivative's around it."""
    while torch._C._functorch.is_functorch_wrapped_tensor(x):
        if torch._C._functorch.is_batchedtensor(x):
            return True
        x = torch._C._functorch.get_unwrapped(x)
    return False


def root(size: int) -> float | Tensor:
    """``math.sqrt`` of a tensor's size, also where a graph is recorded in which that size may be another."""
    if isinstance(size, int):
        return math.sqrt(size)
    return size.double().sqrt() if isinstance(size, Tensor) else torch.sym_sqrt(size)


def log_of(size: int) -> float | Tensor:
    """``math.log`` of a tensor's size, as :func:`root`."""
    return math.log(size) if isinstance(size, int) else torch.full((), size, dtype=torch.float64, device="cpu").log()
