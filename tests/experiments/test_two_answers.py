"""The boxes are what the words say; the bound that the page proves holds for any weights, and two heads reach it."""

from __future__ import annotations

import pytest
import torch

from experiments import two_answers as task
from experiments.frame import Run


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


@pytest.mark.parametrize("case", task.CASES)
def test_the_answers_are_what_the_boxes_hold_that_are_asked_for(case):
    names, held, asked, answers = task.boxes(generator(), 5, case)
    for b in range(5):
        assert sorted(names[b].tolist()) == list(range(task.NAMES))
        for n in range(task.QUERIES):
            wanted = asked[b, n].tolist()
            assert len(set(wanted)) == task.CASES[case]  # different boxes
            for i, name in enumerate(wanted):
                stands = names[b].tolist().index(name)
                assert answers[b, n, i].tolist() == held[b, stands].tolist()


def test_things_are_one_of_four_and_numbers_are_one_number():
    _, held, _, _ = task.boxes(generator(), 50, "two things")
    assert held.shape == (50, task.NAMES, task.THINGS)
    assert set(held.sum(-1).flatten().tolist()) == {1.0}
    assert task.boxes(generator(), 50, "two numbers")[1].shape == (50, task.NAMES, 1)


@pytest.mark.parametrize("arm", ["1 head", "2 heads", "1 head, two layers", "1 head, twice as wide"])
def test_the_weights_do_not_depend_on_what_is_inside(arm):
    # The first condition of the proof: a filling twice as large brings twice as much, up to the constant of no filling.
    torch.manual_seed(0)
    layer = task.Asking("two numbers", arm).layers[0]
    wanted, outside = (torch.randn(2, 5, layer.query.in_features) for _ in range(2))
    held = torch.randn(2, 5, 1)
    with torch.no_grad():
        nothing = layer(wanted, outside, torch.zeros_like(held))
        once, twice = (layer(wanted, outside, k * held) - nothing for k in (1, 2))
    torch.testing.assert_close(twice, 2 * once)


def explained(sums: torch.Tensor, asked: list[int]) -> float:
    """Exact share of the variance of independent numbers that the best reading of weighted sums ``(h, M)`` explains."""
    projection = torch.linalg.pinv(sums) @ sums  # onto the rows: its diagonal is what each number is worth
    return float(projection.diagonal()[asked].mean())


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_no_weights_bring_more_than_heads_over_answers(heads):
    draw = generator()
    for _ in range(50):
        weights = torch.softmax(5 * torch.randn(heads, 12, generator=draw, dtype=torch.float64), -1)
        assert explained(weights, [0, 1, 2, 3]) <= heads / 4 + 1e-9
        assert float((torch.linalg.pinv(weights) @ weights).trace()) == pytest.approx(heads)
    assert explained(torch.eye(12, dtype=torch.float64)[:heads], [0, 1, 2, 3]) == pytest.approx(heads / 4)


def test_what_is_answered_by_hand():
    numbers = torch.tensor([[[[1.0], [2.0]]]])
    assert task.answered(torch.zeros_like(numbers), numbers) == 0
    assert task.answered(torch.tensor([[[[1.0], [1.0]]]]), numbers) == pytest.approx(1 - 1 / 5)
    things = torch.eye(4)[[0, 1]].view(1, 1, 2, 4)
    assert task.answered(torch.eye(4)[[0, 3]].view(1, 1, 2, 4), things) == 0.5


@pytest.mark.parametrize("case", task.CASES)
def test_the_look_up_answers_everything(case):
    assert task.measure(Run("look-up", case, 0, 1, 0, 0.0, False, tiny=True))["answered"] == 1


def test_uniform_weights_look_at_every_box_alike():
    torch.manual_seed(0)
    net = task.Asking("two numbers", "uniform weights")
    names, held, asked, _ = task.boxes(generator(), 3, "two numbers")
    with torch.no_grad():
        said = net(names, held, asked)
    torch.testing.assert_close(said, said[:, :1].expand_as(said))  # whoever asks hears the same
