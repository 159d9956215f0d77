"""Cutting the width into heads and laying them side by side."""

import re

import pytest
import torch
from torch.testing import assert_close

from course_attn.head_axis import merge_heads, split_heads


def test_split_and_merge_by_hand():
    x = torch.arange(12.0).view(1, 2, 6)
    assert split_heads(x, 3)[0].tolist() == [[[0, 1], [6, 7]], [[2, 3], [8, 9]], [[4, 5], [10, 11]]]
    assert_close(merge_heads(split_heads(x, 3)), x)
    assert split_heads(x, 3).data_ptr() == x.data_ptr()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: split_heads(torch.zeros(1, 2, 7), 2), "split_heads: the width of x must be a multiple of 2, got 7"),
        (
            lambda: merge_heads(torch.zeros(1, 2, 7)),
            "merge_heads: x must be of shape (B, h, N, d), got shape (1, 2, 7)",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
