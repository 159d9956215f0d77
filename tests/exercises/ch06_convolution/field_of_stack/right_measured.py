"""Measured by the gradient of a chain of convolutions of ones."""

import torch


def field_of_stack(layers):
    line = torch.ones(1, 1, 2001, requires_grad=True)
    out = line
    for kernel, stride, dilation in layers:
        out = torch.nn.functional.conv1d(out, torch.ones(1, 1, kernel), stride=stride, dilation=dilation)
    (gradient,) = torch.autograd.grad(out[0, 0, 0], line)
    return int((gradient != 0).sum())
