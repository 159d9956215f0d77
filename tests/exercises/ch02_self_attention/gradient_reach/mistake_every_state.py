"""every state is differentiated, not only the last"""

import torch


def gradient_reach(x, w_input, w_state):
    x = x.detach().clone().requires_grad_()
    state, states = x.new_zeros(len(w_state)), []
    for x_t in x:
        state = torch.tanh(w_input @ x_t + w_state @ state)
        states.append(state)
    torch.stack(states).sum().backward()
    return x.grad.norm(dim=-1).flip(0)
