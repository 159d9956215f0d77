"""With 1 × 1 convolutions, as the paper's code has it."""

import torch


def channel_gate(x, w_down, w_up):
    f = torch.nn.functional
    squeezed = f.adaptive_avg_pool2d(x, 1)
    hidden = f.conv2d(squeezed, w_down[:, :, None, None]).relu_()
    gates = f.conv2d(hidden, w_up[:, :, None, None]).sigmoid()
    return x.mul(gates), gates.flatten(1)
