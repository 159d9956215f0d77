"""Losses and measures against torch, loops and hand values."""

import math

import pytest
import torch
from torch.nn import functional as F

from course_attn.train import accuracy, smoothed_cross_entropy


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
def test_equals_torch_in_value_and_gradient(smoothing):
    torch.manual_seed(0)
    logits = torch.randn(2, 5, 7, dtype=torch.float64, requires_grad=True)
    target = torch.randint(7, (2, 5))
    target[1, 3] = -100
    mine = smoothed_cross_entropy(logits, target, smoothing)
    theirs = F.cross_entropy(logits.flatten(0, 1), target.flatten(), label_smoothing=smoothing)
    torch.testing.assert_close(mine, theirs)
    torch.testing.assert_close(torch.autograd.grad(mine, logits), torch.autograd.grad(theirs, logits))


def test_by_hand():
    logits = torch.tensor([[0.0, math.log(3.0)]])  # probabilities 1/4 and 3/4
    loss = smoothed_cross_entropy(logits, torch.tensor([1]), 0.2)
    assert loss.item() == pytest.approx(-0.9 * math.log(0.75) - 0.1 * math.log(0.25), rel=1e-5)


def test_nothing_to_learn_from_is_zero_with_zero_gradient():
    logits = torch.randn(3, 5, requires_grad=True)
    loss = smoothed_cross_entropy(logits, torch.full((3,), 9), ignore=9)
    loss.backward()
    assert loss.item() == 0.0
    assert logits.grad.abs().max() == 0.0


def test_gradcheck():
    logits = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: smoothed_cross_entropy(x, torch.tensor([0, 1, -100]), 0.1), logits)


def test_accuracy_counts_only_what_counts():
    logits = torch.tensor([[2.0, 1.0], [0.0, 1.0], [5.0, 0.0], [0.0, 1.0]])
    assert accuracy(logits, torch.tensor([0, 1, 1, -100])) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: accuracy(torch.randn(2, 3), torch.tensor([-100, -100])),
            "at least one entry that is not ignored",
        ),
        (lambda: accuracy(torch.randn(2, 3), torch.tensor([0])), r"target must be int64 of shape \(2,\)"),
        (lambda: smoothed_cross_entropy(torch.randn(2, 3), torch.tensor([0.0, 1.0])), "target must be int64"),
        (lambda: smoothed_cross_entropy(torch.randn(2, 3), torch.tensor([0, 3])), "between 0 and 2, or -100"),
        (
            lambda: smoothed_cross_entropy(torch.randn(2, 3), torch.tensor([0, -1])),
            "between 0 and 2, or -100",
        ),
        (
            lambda: smoothed_cross_entropy(torch.randn(2, 3), torch.tensor([0, 1]), 1.0),
            "smoothing must be a number from 0.0 to below 1.0, got float 1.0",
        ),
        (
            lambda: smoothed_cross_entropy(torch.ones(2, 3).long(), torch.tensor([0, 1])),
            "logits must be a floating",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("measure", [accuracy, smoothed_cross_entropy])
def test_targets_on_another_device_are_named(measure):
    with pytest.raises(ValueError, match="target must be on the logits' device, cpu, got device meta"):
        measure(torch.zeros(2, 3), torch.zeros(2, dtype=torch.long, device="meta"))
