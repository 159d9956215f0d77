"""What :mod:`transformations` needs: rows as modules of tensors, other inputs for them, comparisons."""

from __future__ import annotations

import io
import logging
import re
import warnings
from contextlib import redirect_stderr, redirect_stdout

import torch
from device_bench import Bench
from torch import nn
from torch.utils._pytree import tree_flatten, tree_iter, tree_unflatten

# Whatever torch wraps around it, the course's own words must stand in the error.
HOUSE = re.compile(r"[\w.]+: .+ must be .+, got .+ \(call it .+\)")


class Refused(Exception):
    """The call said in the course's words that it cannot be transformed."""


class Call(nn.Module):
    """A row's call as a module of its tensors alone, to its tensors alone."""

    def __init__(self, row, *, device="cpu", double=False):
        super().__init__()
        bench = Bench(device, default=True)  # made where it is called: FakeTensorMode cannot move a layer
        self.call = row(bench)
        owners = [*bench.holders, self.call.func, getattr(self.call.func, "__self__", None)]
        self.owners = nn.ModuleList(owner for owner in owners if isinstance(owner, nn.Module))
        if double:
            self.owners.double()
        self.values, self.tree = tree_flatten((self.call.args, self.call.keywords))
        self.places = [i for i, value in enumerate(self.values) if isinstance(value, torch.Tensor)]
        self.tensors = [self.values[i].detach() for i in self.places]
        if double:
            self.tensors = [x.double() if x.is_floating_point() else x for x in self.tensors]

    def forward(self, *tensors):
        values = list(self.values)
        for place, tensor in zip(self.places, tensors, strict=True):
            values[place] = tensor
        args, keywords = tree_unflatten(values, self.tree)
        return tensors_in(self.call.func(*args, **keywords))


def tensors_in(result):
    """The result's tensors; numbers and words are part of the comparison, as tensors or not at all."""
    found = [value for value in tree_iter(result) if value is not None]
    return [torch.tensor(value) if isinstance(value, float) else value for value in found]


def backwards(x):
    """Another input of the same kind: all axes turned round, so that another row of a mask is fully masked."""
    return x.flip(tuple(range(x.dim())))


def all_allowed(x):
    return torch.ones_like(x) if x.dtype == torch.bool else x


def longer(x, axes):
    for axis in axes:
        x = torch.cat([x, x.narrow(axis, 0, 1)], dim=axis)
    return x


def single(x, axes):
    for axis in axes:
        x = x.narrow(axis, 0, 1)
    return x


def growing(row):
    """Which axes may grow together: those of one size in all inputs, if the plain call takes them one longer.

    Returns:
        For each group, the axes of each input.
    """
    call, groups = Call(row), []
    for size in sorted({size for x in call.tensors for size in x.shape if size > 1}):
        axes = [[i for i, length in enumerate(x.shape) if length == size] for x in call.tensors]
        try:
            Call(row)(*map(longer, call.tensors, axes))
            Call(row)(*map(single, call.tensors, axes))
        except (ValueError, RuntimeError, IndexError):
            continue
        groups.append(axes)
    return groups


def same(results, wanted):
    results, wanted = list(results), list(wanted)
    assert len(results) == len(wanted), f"{len(results)} results, {len(wanted)} wanted"
    for one, other in zip(results, wanted, strict=True):
        if not isinstance(other, torch.Tensor):
            assert one == other, f"{one} and not {other}"
            continue
        torch.testing.assert_close(one.detach(), other.detach(), rtol=1e-4, atol=1e-5, equal_nan=False)


def said_so(problem):
    """Whether an error, or what it came from, is the course's own refusal."""
    while problem is not None:
        if HOUSE.search(str(problem)):
            return True
        problem = problem.__cause__ or problem.__context__
    return False


def attempt(transform):
    """Run it; torch's own remarks are kept off the terminal."""
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            logging.disable(logging.CRITICAL)
            return transform()
    except Exception as problem:
        if said_so(problem):
            raise Refused from problem
        raise
    finally:
        logging.disable(logging.NOTSET)
