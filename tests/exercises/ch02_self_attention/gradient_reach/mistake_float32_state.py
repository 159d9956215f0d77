"""Two dtypes met: torch.zeros, torch.arange and the like make tensors of their own dtype, whatever that of `x` is. Give it to them: `dtype=x.dtype`."""

import torch


def gradient_reach(x, w_input, w_state):
    x = x.detach().clone().requires_grad_()
    state = torch.zeros(len(w_state))
    for x_t in x:
        state = torch.tanh(w_input @ x_t + w_state @ state)
    squared = x.new_zeros(len(x))
    for number in state:
        (gradient,) = torch.autograd.grad(number, x, retain_graph=True)
        squared += gradient.square().sum(dim=-1)
    return squared.sqrt().flip(0)
