"""Numbers that a check states are those that torch counts in real layers."""

import torch
from torch.utils.flop_counter import FlopCounterMode

from course_attn.grading.checks.ch06_convolution import conv_or_attention as stated


def test_conv_or_attention():
    layer = torch.nn.Conv2d(stated.C, stated.C, 3, padding=1, bias=False)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(torch.zeros(1, stated.C, 32, 32))
    assert counter.get_total_flops() == 2 * stated.convolution()  # a product and an addition make two operations
    for pixels in (3, stated.N):
        x, matrix = torch.zeros(pixels, stated.C), torch.zeros(stated.C, stated.C)
        with FlopCounterMode(display=False) as counter:
            query, key, value = x @ matrix, x @ matrix, x @ matrix
            _ = ((query @ key.T) @ value) @ matrix
        assert counter.get_total_flops() == 2 * stated.attention(pixels)
