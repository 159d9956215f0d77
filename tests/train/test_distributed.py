"""Shares of a batch."""

from typing import NamedTuple

import pytest
import torch

from course_attn.train import Processes


def second_of(count, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", str(count))
    return Processes("cpu")


def test_alone_without_torchrun(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    with Processes("cpu") as processes:
        assert (processes.rank, processes.count) == (0, 1)
        batch = torch.arange(7)
        assert torch.equal(processes.share(batch), batch)
        assert processes.mean(torch.tensor(3.0)) == 3.0
        model = torch.nn.Linear(2, 3)
        assert processes.wrap(model) is model


def test_share_takes_every_nth_row_of_every_part(monkeypatch):
    processes = second_of(3, monkeypatch)
    x = torch.arange(6)
    assert processes.share(x).tolist() == [1, 4]
    first, second = processes.share((x, x * 10))
    assert second.tolist() == [10, 40]
    assert first.tolist() == [1, 4]
    assert processes.share({"x": [x]})["x"][0].tolist() == [1, 4]


class Pair(NamedTuple):
    x: torch.Tensor
    y: torch.Tensor


def test_share_keeps_named_tuples_and_tuples(monkeypatch):
    processes = second_of(2, monkeypatch)
    part = processes.share(Pair(torch.arange(4), torch.arange(4) * 10))
    assert isinstance(part, Pair)
    assert part.y.tolist() == [10, 30]
    assert isinstance(processes.share((part.x, part.y)), tuple)


@pytest.mark.parametrize(
    ("batch", "got"), [(3, "int 3"), (torch.tensor(3), r"shape \(\), int64"), ([None], "NoneType")]
)
def test_a_batch_that_is_none(batch, got, monkeypatch):
    with pytest.raises(ValueError, match=rf"batch must be a tensor \(B, ...\), or a tuple, list or .*, got {got}"):
        second_of(2, monkeypatch).share(batch)


def test_alone_under_torchrun(monkeypatch):
    second_of(3, monkeypatch)
    processes = Processes.alone("cpu")
    assert (processes.rank, processes.count) == (0, 1)
    assert processes.gather("a") == ["a"]
    processes.wait()
    model = torch.nn.Linear(2, 3)
    assert processes.wrap(model) is model
    assert processes.share(torch.arange(7)).tolist() == list(range(7))


def test_several_must_be_entered_before_they_are_used(monkeypatch):
    with pytest.raises(ValueError, match="the processes must be entered before they are used, got none"):
        second_of(3, monkeypatch).wrap(torch.nn.Linear(2, 3))


def test_a_device_that_is_not_there():
    with pytest.raises(ValueError, match="device: name must be one of 'cpu', 'cuda', 'cuda:N', 'mps', got 'nonsense'"):
        Processes("nonsense")
    with pytest.raises(ValueError, match="must be a device of this machine, got 'cuda:97'"):
        Processes("cuda:97")


@pytest.mark.parametrize(
    ("given", "wanted"), [(None, "cuda:1"), ("cuda", "cuda:1"), ("cuda:0", "cuda:0"), ("cpu", "cpu")]
)
def test_each_process_has_its_own_gpu(given, wanted, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert Processes(given).device == torch.device(wanted)


def test_a_batch_that_cannot_be_divided(monkeypatch):
    with pytest.raises(ValueError, match="batch must be divisible by 3 processes, got 7 rows"):
        second_of(3, monkeypatch).share(torch.arange(7))
