"""A pretended accelerator: a device ``gpu`` that computes on the CPU and refuses what a real one refuses.

Its tensors hold real numbers, in an ordinary tensor behind them, and report their device as ``gpu:0``. An operation
that meets a CPU tensor of one axis or more, or a CPU generator, raises, as CUDA's do; so does an index on the CPU,
which CUDA lets pass and copies over at every call. Single numbers, and copies from device to device, are allowed.

A device is registered for a whole process and cannot be taken away again: only ``run_rows.py``, a process of its own,
calls :func:`register`.
"""

from __future__ import annotations

import torch
from torch.overrides import TorchFunctionMode
from torch.utils import backend_registration
from torch.utils._pytree import tree_iter, tree_map

CPU, GPU = torch.device("cpu"), "gpu:0"
# They are there to carry numbers from one device to another.
COPIES = {"aten::_to_copy", "aten::copy_"}


class OtherDevice(RuntimeError):
    """An operation met tensors of two devices, or a generator of another device than its result's."""


class Pretended(torch.Tensor):
    """A tensor on the device ``gpu``; ``numbers`` is the CPU tensor behind it, of the same shape and strides."""

    @staticmethod
    def __new__(cls, numbers, device=GPU):
        layout = {"strides": numbers.stride(), "storage_offset": numbers.storage_offset()}
        return torch.Tensor._make_wrapper_subclass(cls, numbers.shape, **layout, dtype=numbers.dtype, device=device)

    def __init__(self, numbers, device=GPU):
        self.numbers = numbers

    def __repr__(self):
        return f"Pretended({self.numbers!r})"

    def __format__(self, form):
        return format(self.numbers, form)

    def tolist(self):
        return self.numbers.tolist()  # torch has none for tensors that hold no memory themselves

    def numpy(self, *, force=False):
        if not force:
            raise TypeError(f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() first")
        return self.numbers.detach().numpy()

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        return compute(function, args, kwargs or {})


def compute(function, args, kwargs):
    """Run one of torch's operations on the numbers behind the tensors, if all of them are on one device."""
    name = function._schema.name
    given = list(tree_iter((args, kwargs)))
    wanted = kwargs.get("device")
    if name not in COPIES:
        for value in given:
            if isinstance(value, torch.Tensor) and not isinstance(value, Pretended) and value.dim():
                raise OtherDevice(f"{name}: expected all tensors to be on the same device, found {GPU} and cpu")
            if isinstance(value, torch.Generator) and value.device == CPU:
                raise OtherDevice(f"{name}: expected a 'gpu' device type for generator but found 'cpu'")
    here = (wanted.type == "gpu") if wanted is not None else any(isinstance(value, Pretended) for value in given)
    if name == "aten::copy_":
        here = isinstance(args[0], Pretended)
    if wanted is not None:
        kwargs = {**kwargs, "device": CPU}
    plain = tree_map(lambda value: value.numbers if isinstance(value, Pretended) else value, (args, kwargs))
    result = function(*plain[0], **plain[1])
    # An operation in place, or into `out`, returns the very tensor that it was given.
    own = {id(value.numbers): value for value in given if isinstance(value, Pretended)}

    def back(value):
        if not isinstance(value, torch.Tensor) or not here:
            return value
        if id(value) not in own:
            return Pretended(value)
        tensor = own[id(value)]
        if (tensor.shape, tensor.stride()) != (value.shape, value.stride()):  # squeeze_, or an `out` that was empty
            tensor.data = Pretended(value)
        return tensor

    return tree_map(back, result)


class _FromLists(TorchFunctionMode):
    """``torch.tensor`` moves its numbers to a device in C++, out of the reach of Python: here they are moved after."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        wanted = kwargs.get("device")
        if function is torch.Tensor.new_tensor:
            function, wanted, args = torch.tensor, wanted or args[0].device, args[1:]
        makes = function in (torch.tensor, torch.as_tensor)
        wanted = torch.get_default_device() if makes and wanted is None else wanted
        if makes and torch.device(wanted).type == "gpu":
            return function(*args, **{**kwargs, "device": CPU}).to(wanted)
        return function(*args, **kwargs)


class _Module(backend_registration._DummyBackendModule):
    """What torch asks a device for."""

    def get_amp_supported_dtype(self):
        return [torch.bfloat16]


_KEPT = []  # both are undone when they are collected


def register():
    """Give this process the device ``gpu``."""
    backend_registration._setup_privateuseone_for_python_backend(rename="gpu", backend_module=_Module())
    library = torch.library.Library("_", "IMPL")  # operations without a tensor among their arguments: zeros, randn

    def make(function, *args, **kwargs):
        return compute(function, args, kwargs)

    library.fallback(make, "PrivateUse1")
    library.fallback(torch.library.fallthrough_kernel, "AutocastPrivateUse1")  # autocast converts nothing here
    mode = _FromLists()
    mode.__enter__()
    _KEPT.extend([library, mode])
