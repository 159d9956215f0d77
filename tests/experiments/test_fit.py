"""The one training loop of the framed experiments."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from experiments import fit as module
from experiments.fit import fit


def line(generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(16, 1, generator=generator)
    return x, 3 * x


def loss(net: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    return (net(batch[0]) - batch[1]).square().mean()


def linear() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(1, 1)


def test_it_trains_watches_on_the_way_and_leaves_the_model_ready_to_be_asked():
    net = linear()
    seen = []
    curve = fit(net, loss, line, 200, 0.1, 0, lambda m: seen.append(m.training) or {"weight": m.weight.item()})
    assert net.weight.item() == pytest.approx(3, abs=0.1)
    assert not net.training
    assert [point["step"] for point in curve] == [25, 50, 75, 100, 125, 150, 175, 200]
    assert seen == [False] * 8  # asked as it will be asked at the end
    assert curve[0]["loss"] > curve[-1]["loss"]


def test_watching_changes_nothing_and_the_same_seed_gives_the_same_model():
    weights = []
    for watch in (None, lambda m: {}, None):
        net = linear()
        fit(net, loss, line, 37, 0.1, 5, watch)
        weights.append(net.weight.item())
    assert weights[0] == weights[1] == weights[2]


def test_the_rate_rises_and_ends_near_zero(monkeypatch):
    rates = []

    class Watched(torch.optim.AdamW):
        def step(self, *args, **options):
            rates.append([group["lr"] for group in self.param_groups])
            return super().step(*args, **options)

    monkeypatch.setattr(module.torch.optim, "AdamW", Watched)
    net = linear()
    fit(net, loss, line, 100, 0.2, 0, groups=[{"params": [net.weight], "lr": 0.2}, {"params": [net.bias], "lr": 0.4}])
    assert rates[0] == [pytest.approx(0.04), pytest.approx(0.08)]
    assert max(rate for rate, _ in rates) == pytest.approx(0.2)
    assert rates[-1][0] < 0.001
    assert all(second == pytest.approx(2 * first) for first, second in rates)


def test_fewer_steps_than_points_are_all_watched():
    assert [point["step"] for point in fit(linear(), loss, line, 3, 0.1, 0, lambda m: {})] == [1, 2, 3]
