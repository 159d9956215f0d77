"""Forwards: every derivative is carried along with the state."""

import torch


def gradient_reach(x, w_input, w_state):
    state, derivatives = x.new_zeros(len(w_state)), []
    for row in x:
        state = torch.tanh(w_input @ row + w_state @ state)
        bend = (1 - state * state)[:, None]
        derivatives = [bend * (w_state @ one) for one in derivatives] + [bend * w_input]
    return torch.stack([one.square().sum().sqrt() for one in reversed(derivatives)])
