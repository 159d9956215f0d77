"""Which device: the fastest one present, or the one that was named."""

import pytest
import torch

from course_attn.device import device


@pytest.fixture
def machine(monkeypatch):
    """Pretend to be a machine with this many CUDA devices, and with or without MPS."""

    def pretend(cuda=0, mps=False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return pretend


@pytest.mark.parametrize(
    ("cuda", "mps", "picked"), [(0, False, "cpu"), (0, True, "mps"), (1, False, "cuda"), (2, True, "cuda")]
)
def test_the_fastest_present(machine, cuda, mps, picked):
    machine(cuda, mps)
    assert device() == torch.device(picked)


@pytest.mark.parametrize(
    ("cuda", "mps", "name"),
    [
        (0, False, "cpu"),
        (1, True, "cpu"),
        (1, False, "cuda"),
        (2, False, "cuda:1"),
        (0, True, "mps"),
        (0, True, "mps:0"),
    ],
)
def test_by_name(machine, cuda, mps, name):
    machine(cuda, mps)
    assert device(name) == torch.device(name)


@pytest.mark.parametrize(
    ("cuda", "mps", "name", "present"),
    [
        (0, False, "cuda", "cpu"),
        (0, False, "mps", "cpu"),
        (2, False, "cuda:2", "cpu, cuda:0, cuda:1"),
        (1, True, "mps:1", "cpu, cuda:0, mps"),
        (0, False, "cpu:1", "cpu"),
        (0, True, "meta", "cpu, mps"),
    ],
)
def test_a_device_that_is_not_present(machine, cuda, mps, name, present):
    machine(cuda, mps)
    with pytest.raises(ValueError, match="must be") as problem:
        device(name)
    assert str(problem.value) == f"device: name must be a device of this machine, got '{name}' (present: {present})"


@pytest.mark.parametrize("name", ["gpu", "", "cuda:one", "CPU"])
def test_an_unknown_device(name):
    with pytest.raises(ValueError, match="must be") as problem:
        device(name)
    assert str(problem.value) == f"device: name must be one of 'cpu', 'cuda', 'cuda:N', 'mps', got '{name}'"


@pytest.mark.parametrize("name", [[], 1.5, {"cuda": 1}])
def test_no_name_at_all(name):
    with pytest.raises(ValueError, match="must be") as problem:
        device(name)
    assert str(problem.value) == f"device: name must be one of 'cpu', 'cuda', 'cuda:N', 'mps', got {name!r}"


def test_what_is_picked_can_hold_a_tensor():
    assert torch.ones(2, device=device()).sum().item() == 2
