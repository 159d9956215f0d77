"""The sums of twins: each letter twice, the rule as a program, and which half is left out."""

from __future__ import annotations

import pytest
import torch

from experiments.repeated_letters import NoLooking
from experiments.twin_letters import Nothing
from experiments.twin_sums import EXPERIMENT, Reader, look_up_and_add, words


def test_each_letter_stands_twice_and_its_twin_has_the_other_digit():
    letters, digits, twins = words(torch.Generator().manual_seed(0), 7)
    for row, own, other in zip(letters, digits, twins, strict=True):
        for i, letter in enumerate(row.tolist()):
            where = (row == letter).nonzero().flatten().tolist()
            assert len(where) == 2
            assert other[i] == own[where[1 - where.index(i)]]
    torch.testing.assert_close(look_up_and_add(letters, digits), (digits + twins) % 10)


def test_by_hand():
    letters, digits = torch.tensor([[3, 5, 5, 3]]), torch.tensor([[4, 1, 2, 9]])
    assert look_up_and_add(letters, digits).tolist() == [[3, 3, 3, 3]]


@pytest.mark.parametrize("arm", EXPERIMENT.arms)
def test_only_what_the_arm_says_is_left_out(arm):
    blocks = [*Reader(arm).blocks.blocks]
    assert len(blocks) == (4 if "four" in arm else 2)
    assert all(isinstance(block.feed_forward, Nothing) is arm.startswith("attention alone") for block in blocks)
    assert all(isinstance(block.attention, NoLooking) is (arm == "feed-forward alone") for block in blocks)


def test_feed_forward_alone_hears_of_no_other_position():
    torch.manual_seed(0)
    letters, digits = torch.randint(26, (1, 12)), torch.randint(10, (1, 12))
    other = digits.clone()
    other[0, 1:] = (other[0, 1:] + 3) % 10
    alone, both = Reader("feed-forward alone"), Reader("both")
    torch.testing.assert_close(alone(letters, digits)[0, 0], alone(letters, other)[0, 0])
    assert (both(letters, digits)[0, 0] - both(letters, other)[0, 0]).abs().max() > 1e-4


def test_attention_alone_in_four_layers_has_as_many_parameters_as_both_in_two():
    counts = [
        sum(p.numel() for n, p in Reader(arm).named_parameters() if "feed_forward" not in n or arm == "both")
        for arm in ("both", "attention alone, four layers")
    ]
    assert abs(counts[0] - counts[1]) < 0.02 * counts[0]
