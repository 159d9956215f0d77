"""What the program on cost takes apart is what the kernel does."""

from __future__ import annotations

import torch

from experiments import image_cost


def test_products_block_by_block_are_the_two_products(monkeypatch):
    monkeypatch.setattr(image_cost, "QUERIES", 5)
    monkeypatch.setattr(image_cost, "KEYS", 7)
    generator = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(n, d, generator=generator) for n, d in ((15, 3), (21, 3), (21, 11)))
    torch.testing.assert_close(image_cost.products(query, key, value), query @ key.T @ value)


def test_calls_take_turns_and_the_first_round_does_not_count():
    order: list[str] = []
    calls = {name: (lambda name=name: order.append(name)) for name in "abc"}
    times = image_cost.times_in_turns(calls, 3)
    assert "".join(order) == "cbaabccbaabc"
    assert {name: len(each) for name, each in times.items()} == {"a": 3, "b": 3, "c": 3}
