"""What a call gives when torch transforms it: traced, exported, compiled, mapped, derived twice or forward, without
numbers.

Each way takes a row of :mod:`device_rows` through one of torch's transformations and compares with the plain call, on
the same input and on others, where the transformation promises them. It returns one of four words: :data:`WORKS`,
:data:`FIXED` (exported with all sizes fixed; with open ones it refuses), :data:`REFUSES` (the course's own error says
so, at once) or :data:`NOTHING` (there is nothing to transform). Anything else is a fault, and is raised.
"""

from __future__ import annotations

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from transformed_calls import Call, Refused, all_allowed, attempt, backwards, growing, longer, same, single

WORKS, FIXED, REFUSES, NOTHING = "works", "works with fixed sizes", "refuses", "nothing"
EPSILON = 1e-6  # for differences, in float64


# ---------------------------------------------------------------- the ways


def traced(row):
    """By torch.jit.trace, then fed with other numbers and masks; other sizes are right, or an error."""
    call = Call(row).requires_grad_(False)
    if not call.tensors:
        return NOTHING
    wanted = [Call(row)(*inputs) for inputs in (call.tensors, [*map(backwards, call.tensors)])]
    first = [*map(all_allowed, call.tensors)]  # no row is fully masked while it is traced
    same(graph_of(call, first)(*call.tensors), wanted[0])
    graph = graph_of(call, first)
    same(graph(*map(backwards, call.tensors)), wanted[1])
    groups = growing(row)
    for axes in groups:
        right_or_error(graph, row, [*map(longer, call.tensors, axes)])
        right_or_error(graph, row, [*map(single, call.tensors, axes)])
        try:
            of_one = graph_of(call, [*map(single, first, axes)])
        except (ValueError, RuntimeError, IndexError):
            continue
        right_or_error(of_one, row, call.tensors)
    return WORKS


def graph_of(call, inputs):
    with torch.no_grad():
        return attempt(lambda: torch.jit.trace(call, tuple(inputs), check_trace=False, strict=False))


def right_or_error(graph, row, inputs):
    """Of other sizes than it was traced with, a graph computes the right thing, or nothing."""
    try:
        result = attempt(lambda: graph(*inputs))
    except (RuntimeError, IndexError):
        return
    same(result, Call(row)(*inputs))


def exported(row):
    """By torch.export, with every axis left open that the call lets grow; if it refuses that, with all sizes fixed."""
    if not Call(row).tensors:
        return NOTHING
    try:
        _export(row, growing(row))
        return WORKS
    except Refused:
        pass  # and on, outside of this error
    _export(row, [])  # or this refuses, too
    return FIXED


def _export(row, groups):
    call = Call(row).requires_grad_(False)  # with tensors of its own: export marks the open axes on them
    shapes = [{} for _ in call.tensors]
    for axes in groups:
        for shape, of_tensor in zip(shapes, axes, strict=True):
            shape.update(dict.fromkeys(of_tensor, torch.export.Dim.DYNAMIC))
    arguments = {"dynamic_shapes": {"tensors": tuple(shapes)}} if groups else {}
    first = [*map(all_allowed, call.tensors)]
    program = attempt(lambda: torch.export.export(call, tuple(first), **arguments)).module()
    inputs = [call.tensors, [*map(backwards, call.tensors)]]
    inputs += [[*map(longer, call.tensors, axes)] for axes in groups]
    for some in inputs:
        same(program(*some), Call(row)(*some))


def compiled(row):
    """By torch.compile, in one graph: values on three inputs."""
    call, all_axes = Call(row), [[i for one in axes for i in one] for axes in zip(*growing(row), strict=True)]
    if not call.tensors:
        return NOTHING
    inputs = [call.tensors, [*map(backwards, call.tensors)]]
    if all_axes:
        inputs.append([*map(longer, call.tensors, all_axes)])
    for number, some in enumerate(inputs):
        if number == 0 or keeps_something(row):
            torch._dynamo.reset()
            whole = torch.compile(Call(row), fullgraph=True, backend="aot_eager")
        same(attempt(lambda whole=whole, some=some: whole(*some)), Call(row)(*some))
    return WORKS


def keeps_something(row):
    """Whether a second call is another one, as with a cache."""
    call = Call(row)
    others = [*map(backwards, call.tensors)]
    call(*call.tensors)
    try:
        same(call(*others), Call(row)(*others))
    except (ValueError, AssertionError):
        return True
    return False


def mapped(row):
    """By torch.func.vmap: over all inputs together, and over each alone."""
    call = Call(row).requires_grad_(False)
    if not call.tensors:
        return NOTHING
    others = [*map(backwards, call.tensors)]
    for chosen in (range(len(others)), *([i] for i in range(len(others)) if len(others) > 1)):
        pairs = [
            [x, other if i in chosen else x] for i, (x, other) in enumerate(zip(call.tensors, others, strict=True))
        ]
        wanted = [Call(row)(*(pair[i] for pair in pairs)) for i in range(2)]
        axes = tuple(0 if i in chosen else None for i in range(len(others)))
        stacked = [torch.stack(pair) if i in chosen else pair[0] for i, pair in enumerate(pairs)]
        results = attempt(lambda axes=axes, stacked=stacked: torch.func.vmap(call, in_dims=axes)(*stacked))
        for i in range(2):
            same([x[i] if isinstance(x, torch.Tensor) else x for x in results], wanted[i])
    return WORKS


def _of_floats(row):
    """A call in float64, what of its inputs can be derived, and a function of these alone, to one tensor.

    None if no derivative comes out of the plain call.
    """
    call = Call(row)
    results = call(*(x.requires_grad_() if x.is_floating_point() else x for x in call.tensors))
    derived = [i for i, x in enumerate(results) if isinstance(x, torch.Tensor) and x.requires_grad]
    if not derived:
        return None
    call = Call(row, double=True)
    places = [i for i, x in enumerate(call.tensors) if x.is_floating_point()]

    def function(*floats):
        tensors = list(call.tensors)
        for place, tensor in zip(places, floats, strict=True):
            tensors[place] = tensor
        results = call(*tensors)
        return torch.cat([results[i].flatten() for i in derived])

    return call, [call.tensors[i] for i in places], function


def _directions(tensors):
    generator = torch.Generator().manual_seed(7)
    return [torch.randn(x.shape, generator=generator, dtype=x.dtype) for x in tensors]


def derived_forward(row):
    """By torch.func.jvp, with respect to the inputs: along one direction, it is what the derivative backwards says."""
    found = _of_floats(row)
    if found is None or not found[1]:
        return NOTHING
    call, floats, function = found
    call.requires_grad_(False)
    directions = _directions(floats)
    output = function(*[x.requires_grad_() for x in floats])
    if not output.requires_grad:  # of the parameters alone
        return NOTHING
    weight = torch.linspace(-1, 1, output.numel(), dtype=output.dtype)
    gradients = torch.autograd.grad(output, floats, weight, allow_unused=True)
    wanted = sum((g * x).sum() for g, x in zip(gradients, directions, strict=True) if g is not None)
    floats = [x.detach() for x in floats]
    _, derivative = attempt(lambda: torch.func.jvp(function, tuple(floats), tuple(directions)))
    torch.testing.assert_close((derivative * weight).sum(), wanted, rtol=1e-4, atol=1e-5, check_dtype=False)
    return WORKS


def derived_twice(row):
    """The derivative of the derivative by autograd, with respect to inputs and parameters, beside a difference."""
    found = _of_floats(row)
    if found is None:
        return NOTHING
    call, floats, function = found
    leaves = [x.requires_grad_() for x in floats] + list(call.parameters())
    directions = _directions(leaves)

    def first(**options):
        output = function(*floats)
        weight = torch.linspace(-1, 1, output.numel(), dtype=output.dtype)
        gradients = torch.autograd.grad((output**2 * weight).sum(), leaves, allow_unused=True, **options)
        pairs = [(g, direction) for g, direction in zip(gradients, directions, strict=True) if g is not None]
        return sum((g * direction).sum() for g, direction in pairs)

    second = attempt(lambda: torch.autograd.grad(first(create_graph=True), leaves, allow_unused=True))
    along = sum((g * x).sum() for g, x in zip(second, directions, strict=True) if g is not None)

    def moved(step):
        with torch.no_grad():
            for x, direction in zip(leaves, directions, strict=True):
                x += step * direction
        result = first()
        with torch.no_grad():
            for x, direction in zip(leaves, directions, strict=True):
                x -= step * direction
        return result

    difference = (moved(EPSILON) - moved(-EPSILON)) / (2 * EPSILON)
    rtol = 1e-4 if function(*floats).dtype == torch.float64 else 0.1  # a difference of what is computed in float32
    torch.testing.assert_close(along, difference, rtol=rtol, atol=1e-4, check_dtype=False)
    return WORKS


def _same_kind(results, wanted):
    assert len(results) == len(wanted)
    for one, other in zip(results, wanted, strict=True):
        if isinstance(other, torch.Tensor):
            assert (one.shape, one.dtype) == (other.shape, other.dtype), f"{one.shape} and not {other.shape}"


def faked(row):
    """In FakeTensorMode, made and called there: sizes and dtypes are those of the plain call."""

    def inside():
        with FakeTensorMode():
            call = Call(row)
            return call(*call.tensors)

    call = Call(row)
    _same_kind(attempt(inside), call(*call.tensors))
    return WORKS


def on_meta(row):
    """On the device "meta", where tensors have no numbers."""

    def inside():
        call = Call(row, device="meta")
        return call(*call.tensors)

    call = Call(row)
    results = attempt(inside)
    _same_kind(results, call(*call.tensors))
    return WORKS


FAST = {
    "torch.jit.trace": traced,
    "torch.func.vmap": mapped,
    "torch.func.jvp": derived_forward,
    "second derivative": derived_twice,
    "FakeTensorMode": faked,
    "meta": on_meta,
}
SLOW = {"torch.export": exported, "torch.compile": compiled}
WAYS = FAST | SLOW


def outcome(way, row):
    """One of the four words, or the fault in one line."""
    try:
        return way(row)
    except Refused:
        return REFUSES
    except Exception as problem:
        return f"{type(problem).__name__}: {' '.join(str(problem).split())[:300]}"
