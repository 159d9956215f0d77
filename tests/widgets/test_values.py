"""Bytes and checks that the figures share; each figure's own tests try the messages through it."""

import base64

import pytest
import torch

from course_attn.widgets import _values


def test_a_weight_is_kept_to_a_byte():
    weights = torch.tensor([0.0, 1.0, 0.5, 1 / 255, 0.00196])
    assert list(base64.b64decode(_values.packed(weights))) == [0, 255, 128, 1, 0]


def test_the_three_colours_of_a_pixel_travel_together():
    picture = torch.arange(12).view(3, 2, 2) / 255
    assert list(base64.b64decode(_values.packed_picture(picture))) == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]


def test_bytes_need_not_lie_in_order():
    assert list(base64.b64decode(_values.text_of(torch.tensor([[1, 2], [3, 4]]).T))) == [1, 3, 2, 4]


@pytest.mark.parametrize("wrong", [-0.1, 1.1, torch.nan])
def test_shares_lie_from_0_to_1(wrong):
    _values.check_shares("Here", "weights", torch.tensor([0.0, 1.0]))
    with pytest.raises(ValueError, match=r"^Here: weights must be from 0 to 1, got "):
        _values.check_shares("Here", "weights", torch.tensor([0.5, wrong]))


@pytest.mark.parametrize("wrong", [-1, 3, True, 1.0])
def test_the_number_of_one_of_three(wrong):
    assert _values.check_below("Here", "layer", 2, 3) == 2
    with pytest.raises(ValueError, match=f"^Here: layer must be from 0 to 2, got {type(wrong).__name__} {wrong}$"):
        _values.check_below("Here", "layer", wrong, 3)


def test_maps_give_their_layers_and_heads():
    maps = [(["a"], torch.ones(2, 3, 1, 1)), (["a", "b"], torch.ones(2, 3, 2, 2))]
    assert _values.check_maps("Here", maps) == (2, 3)
