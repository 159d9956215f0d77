"""Shares of a batch."""

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


def test_a_batch_that_cannot_be_divided(monkeypatch):
    with pytest.raises(ValueError, match="batch must be divisible by 3 processes, got 7 rows"):
        second_of(3, monkeypatch).share(torch.arange(7))
