"""By running the recurrence on the identity: each state as a row of weights."""

import torch


def rnn_mixing_weights(transition, length):
    one = torch.eye(len(transition), dtype=transition.dtype)
    state = transition.new_zeros(length, *transition.shape)
    states = []
    for t in range(length):
        arrived = torch.zeros(length, 1, 1, dtype=transition.dtype)
        arrived[t] = 1
        state = torch.einsum("ij,sjk->sik", transition, state) + arrived * one
        states.append(state)
    return torch.stack(states)
