"""the numbers of the last state are added up before the derivative is taken"""

import torch


def gradient_reach(x, w_input, w_state):
    x = x.detach().clone().requires_grad_()
    state = x.new_zeros(len(w_state))
    for x_t in x:
        state = torch.tanh(w_input @ x_t + w_state @ state)
    state.sum().backward()
    return x.grad.norm(dim=-1).flip(0)
