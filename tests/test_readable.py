"""Whether numbers can be read, inside of each of torch's transformations; sizes that are no numbers."""

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils.flop_counter import FlopCounterMode

from course_attn._readable import log_of, numbers_can_be_read, root

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.:DeprecationWarning")


def seen_by(transform):
    """What :func:`numbers_can_be_read` says of ``torch.ones(3)`` inside of a transformation."""
    said = []

    def call(x):
        said.append(numbers_can_be_read(x))
        return x

    transform(call)
    return said[0]


def in_fake_mode(call):
    with FakeTensorMode():
        call(torch.ones(3))


def in_a_derivative_of_a_map(call):
    torch.func.vmap(torch.func.grad(lambda x: call(x).sum()))(torch.ones(2, 3))


UNREADABLE = {
    "traced": lambda call: torch.jit.trace(call, torch.ones(3), check_trace=False),
    "recorded": lambda call: make_fx(call)(torch.ones(3)),
    "mapped": lambda call: torch.func.vmap(call)(torch.ones(2, 3)),
    "derived and mapped": in_a_derivative_of_a_map,
    "fake": in_fake_mode,
    "without numbers": lambda call: call(torch.ones(3, device="meta")),
}
READABLE = {
    "plain": lambda call: call(torch.ones(3)),
    "derived": lambda call: torch.func.grad(lambda x: call(x).sum())(torch.ones(3)),
    "derived forward": lambda call: torch.func.jvp(call, (torch.ones(3),), (torch.ones(3),)),
    "beside a map": lambda call: torch.func.vmap(lambda x: x + call(torch.ones(3)))(torch.ones(2, 3)),
    "counted": lambda call: counted(call),
}


def counted(call):
    with FlopCounterMode(display=False):
        call(torch.ones(3))


@pytest.mark.parametrize("name", UNREADABLE)
def test_numbers_that_cannot_be_read(name):
    assert not seen_by(UNREADABLE[name])


@pytest.mark.parametrize("name", READABLE)
def test_numbers_that_can_be_read(name):
    assert seen_by(READABLE[name])


def test_sizes_of_a_traced_graph_are_not_those_of_today():
    def call(x):
        return x / root(x.shape[0]) + log_of(x.shape[0])

    graph = torch.jit.trace(call, torch.ones(3), check_trace=False)
    for size in (3, 7):
        torch.testing.assert_close(graph(torch.ones(size)), call(torch.ones(size)))
    assert (root(9), log_of(1)) == (3.0, 0.0)
